/** What a name is valued with while its last trade is too old: the order of section 2.6. */

import { type BusinessDate, startOfUtcDay } from '#kernel/business-date';
import { divideHalfEven, ONE } from '#kernel/decimal';
import type { Price } from '#kernel/money';
import type { LiveIndex, PriceSlot, StandIn } from './live-index.ts';
import { choosePrice, isLiquidPace, isStale, type TradingSession } from './stale-policy.ts';

/** What is known of a name besides its last price. */
export interface PriceReference {
  /** The newest close of a day before today. */
  readonly previousClose: Price;
  readonly closedOn: BusinessDate;
  readonly sector: string | null;
}

/** By symbol; null, or no entry, for a name without a close. */
export type PriceReferences = ReadonlyMap<string, PriceReference | null>;

/**
 * Gives stand-ins to names whose price has gone stale while their market is open, and takes them
 * from the others; answers with the indices that are worth something else now, to be rebuilt.
 *
 * A quote is never younger than the trade, for both come in one tick: so the previous close follows
 * at once, moved with its sector where a name of that is fresh.
 */
export function standIn(
  slots: Iterable<PriceSlot>,
  references: PriceReferences,
  nowMs: number,
): ReadonlySet<LiveIndex> {
  const stale: PriceSlot[] = [];
  const fresh: PriceSlot[] = [];
  const touched = new Set<LiveIndex>();
  const replace = (slot: PriceSlot, next: StandIn | null): void => {
    if (isSame(slot.standIn, next)) return;
    slot.standIn = next;
    for (const index of slot.holders.keys()) touched.add(index);
  };
  for (const slot of slots) {
    if (isAging(slot, nowMs)) stale.push(slot);
    else {
      replace(slot, null);
      if (slot.last !== null) fresh.push(slot);
    }
  }
  const moves = sectorMoves(fresh, references);
  for (const slot of stale) replace(slot, standInOf(references.get(slot.symbol), moves));
  return touched;
}

/** In a closed market the last price is what there is, however old. */
function isAging(slot: PriceSlot, nowMs: number): boolean {
  const session = sessionOf(slot);
  if (slot.last === null || session === undefined) return false;
  if (session.openSinceMs(nowMs) === null) return false;
  return isStale(slot.last, { session, isLiquid: isLiquidPace(slot.pace), nowMs });
}

/** That of its market, the same in all indices. */
function sessionOf({ holders }: PriceSlot): TradingSession | undefined {
  for (const [index, at] of holders) return index.holdings[at]?.session;
  return undefined;
}

function standInOf(
  reference: PriceReference | null | undefined,
  moves: ReadonlyMap<string, bigint>,
): StandIn | null {
  if (!reference) return null;
  const { previousClose, closedOn, sector } = reference;
  const sectorMove = sector === null ? null : (moves.get(sector) ?? null);
  const known = { trade: null, quote: null, previousClose, sectorMove };
  const chosen = choosePrice(known, { nowMs: 0, limitMs: 0 });
  if (chosen === null || chosen.quality === 'GOOD') return null;
  return { price: chosen.price, quality: chosen.quality, eventTimeMs: startOfUtcDay(closedOn) };
}

/** Mean move since the previous close of the names of each sector that trade now, in 1e-8. */
function sectorMoves(
  fresh: readonly PriceSlot[],
  references: PriceReferences,
): ReadonlyMap<string, bigint> {
  const sums = new Map<string, { sum: bigint; count: bigint }>();
  for (const { symbol, last } of fresh) {
    const reference = references.get(symbol);
    if (last === null || !reference || reference.sector === null) continue;
    const move = divideHalfEven(last.price * ONE, reference.previousClose) - ONE;
    const { sum, count } = sums.get(reference.sector) ?? { sum: 0n, count: 0n };
    sums.set(reference.sector, { sum: sum + move, count: count + 1n });
  }
  return new Map([...sums].map(([sector, { sum, count }]) => [sector, divideHalfEven(sum, count)]));
}

function isSame(a: StandIn | null, b: StandIn | null): boolean {
  return a?.price === b?.price && a?.quality === b?.quality && a?.eventTimeMs === b?.eventTimeMs;
}
