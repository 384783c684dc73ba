/** Past closes of a basket anew, when a price they were made of was corrected. */

import { type BusinessDate, startOfUtcDay } from '#kernel/business-date';
import type { Price } from '#kernel/money';
import type { Clock } from '#platform/clock';
import { adjustedBy, adjustmentOf } from '../domain/corporate-action-announced.ts';
import { type Corrections, kindOf, restate } from '../domain/index-restatement.ts';
import type { ClosePriceReader } from '../store/close-prices.ts';
import type { CorporateActionStore } from '../store/corporate-actions.ts';
import type { ValuationStore } from '../store/level-valuations.ts';
import type { DailyLevelRepository, RestatementRow } from '../store/restatements.ts';

export interface RestateDeps {
  readonly closePrices: Pick<ClosePriceReader, 'officialSince'>;
  readonly actions: Pick<CorporateActionStore, 'appliedTo'>;
  readonly valuations: Pick<ValuationStore, 'closesFrom' | 'replaceClose'>;
  readonly daily: Pick<DailyLevelRepository, 'restate'>;
  readonly clock: Pick<Clock, 'nowMs' | 'today'>;
}

/** What was restated, in order of date; nothing when the closes say the same as before. */
export async function restateLevels(
  { closePrices, actions, valuations, daily, clock }: RestateDeps,
  {
    basketId,
    from,
    symbols,
  }: {
    readonly basketId: string;
    readonly from: BusinessDate;
    /** Names that something was corrected of. */
    readonly symbols: readonly string[];
  },
): Promise<readonly RestatementRow[]> {
  const closes = await valuations.closesFrom(basketId, from);
  const first = closes[0];
  const held = new Set(
    closes.flatMap(({ valuation }) => valuation.names.map((each) => each.symbol)),
  );
  if (first === undefined || !symbols.some((symbol) => held.has(symbol))) return [];
  const known = new Map<string, Price>();
  for (const { symbol, date, price } of await closePrices.officialSince([...held], first.date)) {
    known.set(keyOf(symbol, date), price);
  }
  const applied = (await actions.appliedTo([basketId])).get(basketId) ?? [];
  const corrections: Corrections = {
    priceOf: (symbol, date) => known.get(keyOf(symbol, date)),
    seenOn: (symbol, raw, { of, asOf }) => {
      const between = applied.filter(
        ({ terms, exDate }) => terms.symbol === symbol && exDate > of && exDate <= asOf,
      );
      const adjustments = between.flatMap((action) => adjustmentOf(action) ?? []);
      return adjustedBy(adjustments, { price: raw, eventTimeMs: startOfUtcDay(of) });
    },
  };
  const stored: RestatementRow[] = [];
  let cause = 'a past close was corrected';
  for (const each of restate(closes, corrections)) {
    const { date, oldLevel, newLevel, valuation, corrected } = each;
    if (corrected.length > 0) cause = causeOf(corrected, date);
    const kind = kindOf(each, clock.today());
    const atMs = clock.nowMs();
    const { versionNumber, divisor } = valuation;
    const about = { basketId, date, versionNumber, divisor, quality: 'GOOD' as const, atMs };
    const change = { ...about, oldLevel, level: newLevel, kind, cause };
    const revision = oldLevel === newLevel ? null : await daily.restate(change);
    // What comes next is compared to the close as it is known now.
    await valuations.replaceClose(basketId, { date, valuation });
    if (revision === null) continue;
    stored.push({ date, revision, oldLevel, newLevel, kind, cause, recordedAtMs: atMs });
  }
  return stored;
}

const keyOf = (symbol: string, date: BusinessDate) => `${date} ${symbol}`;
const MAX_SYMBOLS_SHOWN = 10;

function causeOf(symbols: readonly string[], date: BusinessDate): string {
  const shown = symbols.slice(0, MAX_SYMBOLS_SHOWN).join(', ');
  const more = symbols.length - MAX_SYMBOLS_SHOWN;
  return `close of ${date} corrected: ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}
