/** Finds one position: as it is now, or as it counted on a day and was known at an instant. */

import type { BusinessDate } from '#kernel/business-date';
import { parseCurrencyCode } from '#kernel/money';
import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import { foldAsOf } from '../domain/fold.ts';
import type { Position } from '../domain/position.ts';
import { type PositionKey, positionKeyOf } from '../domain/position-key.ts';
import type { InstrumentLookup } from '../store/instruments.ts';
import type { KnownHistory } from '../store/known-history.ts';
import type { ReplaySlots } from './replay-slots.ts';

export interface FindPositionDeps {
  readonly instruments: InstrumentLookup;
  readonly knownHistory: KnownHistory;
  readonly replays: ReplaySlots;
  readonly clock: Clock;
}

export interface KeyAsked {
  readonly bookId: string;
  readonly accountId: string;
  readonly symbol: string;
  /** Null: the instrument's. */
  readonly currency: string | null;
  readonly contractId: string | null;
}

export interface TimesAsked {
  /** What counted on this business date; null: whatever is recorded. */
  readonly effectiveAt: BusinessDate | null;
  /** What was known at this instant; null: now. */
  readonly knownAtMs: number | null;
}

/** The database's clock and ours may differ by so much before an instant is in the future. */
const CLOCK_TOLERANCE_MS = 1_000;

/** Undefined for an instrument or currency that nobody knows; throws BAD_USER_INPUT on bad ids. */
export async function findKey(
  { instruments }: Pick<FindPositionDeps, 'instruments'>,
  asked: KeyAsked,
): Promise<PositionKey | undefined> {
  const symbol = asked.symbol.toUpperCase();
  const instrument = (await instruments.bySymbols([symbol])).get(symbol);
  if (instrument === undefined) return undefined;
  const currency = parseCurrencyCode(asked.currency?.toUpperCase() ?? instrument.currency);
  if (currency === undefined) return undefined;
  const { bookId, accountId, contractId } = asked;
  const found = positionKeyOf({ bookId, accountId, contractId, ...instrument, currency });
  if (!found.ok) throw new PlatformError('BAD_USER_INPUT', found.message);
  return found.key;
}

/** Undefined when nothing of it had counted by then. Its version is the last one known. */
export async function findPositionAt(
  { knownHistory, replays, clock }: Pick<FindPositionDeps, 'knownHistory' | 'replays' | 'clock'>,
  key: PositionKey,
  { effectiveAt, knownAtMs }: TimesAsked,
): Promise<Position | undefined> {
  if (knownAtMs !== null) requirePast('knownAt', knownAtMs, clock);
  return replays.run(async () => {
    const upTo = await knownHistory.lastVersion(key, knownAtMs);
    if (upTo === 0) return undefined;
    const { from, events } = await knownHistory.load(key, { upTo, effectiveAt, knownAtMs });
    const position = { ...foldAsOf(events, { effectiveAt, from }), version: upTo };
    return hasCounted(position, effectiveAt) ? position : undefined;
  });
}

/** On a day, only what is in the lots has counted; without one, a booking for later counts, too. */
export function hasCounted(position: Position, effectiveAt: BusinessDate | null): boolean {
  return effectiveAt === null ? position.version > 0 : position.lastEffectiveDate !== null;
}

export function requirePast(name: string, instantMs: number, clock: Clock): void {
  if (instantMs <= clock.nowMs() + CLOCK_TOLERANCE_MS) return;
  throw new PlatformError('BAD_USER_INPUT', `${name}: expected an instant that is not to come`);
}
