/** Finds one position: as it is now, or as it counted on a day and was known at an instant. */

import type { BusinessDate } from '#kernel/business-date';
import { parseCurrencyCode } from '#kernel/money';
import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import type { Position } from '../domain/position.ts';
import { type PositionKey, positionKeyOf } from '../domain/position-key.ts';
import type { InstrumentLookup } from '../store/instruments.ts';
import type { PositionRepository } from '../store/positions.ts';

export interface FindPositionDeps {
  readonly instruments: InstrumentLookup;
  readonly positions: PositionRepository;
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

/** The position at another time than now; undefined when it had no event by then. */
export async function findPositionAt(
  { positions, clock }: Pick<FindPositionDeps, 'positions' | 'clock'>,
  key: PositionKey,
  at: { readonly effectiveAt: BusinessDate | undefined; readonly knownAtMs: number | undefined },
): Promise<Position | undefined> {
  const { effectiveAt, knownAtMs } = at;
  if (knownAtMs !== undefined && knownAtMs > clock.nowMs() + CLOCK_TOLERANCE_MS) {
    throw new PlatformError('BAD_USER_INPUT', 'knownAt: expected an instant that is not to come');
  }
  const { position } = await positions.replay(key, {
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
    ...(knownAtMs === undefined ? {} : { knownAtMs }),
  });
  return position.version === 0 ? undefined : position;
}
