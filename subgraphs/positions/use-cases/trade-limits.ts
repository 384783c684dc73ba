/**
 * How much comes in: rates for all positions and for each, and what is put off first when the
 * writers fall behind.
 *
 * By trades in flight: from QUEUE_ALERT_DEPTH on price resets from market data are put off, from
 * SHED_BACKDATED_DEPTH on backdated trades too. Current trades never are: they are taken until
 * MAX_TRADES_IN_FLIGHT of the writers bounds the memory.
 */

import { LRUCache } from 'lru-cache';
import { PlatformError } from '#platform/errors';
import { type BucketRate, takeTokens, type TokenBucket } from '../domain/token-bucket.ts';

/** In flight: the queue is long enough to tell operations. */
export const QUEUE_ALERT_DEPTH = 1_000;
export const SHED_BACKDATED_DEPTH = 2_500;
/** Of the rate: how long a burst may last on top of it. */
export const BURST_SECONDS = 2.5;
/** Forgetting one lets a burst more through. */
const MAX_KEPT_BUCKETS = 100_000;

export type LimitedBy = 'TRADES_PER_SECOND' | 'POSITION_TRADES_PER_SECOND';
export type Shed = 'PRICE_RESET' | 'BACKDATED_TRADE';

export interface TradeLimitsDeps {
  /** Over all positions. */
  readonly tradesPerSecond: number;
  /** Of each position. */
  readonly positionTradesPerSecond: number;
  /** A burst holds this at least, so that every request passes sooner or later. */
  readonly maxTradesPerRequest: number;
  /** Trades in flight. */
  readonly queueDepth: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
  readonly onLimited?: (limit: LimitedBy) => void;
  readonly onShed?: (what: Shed, count: number) => void;
  /** The queue has become too long; once, until it was shorter again. */
  readonly onQueueAlert?: (depth: number) => void;
}

export type TradeLimits = ReturnType<typeof createTradeLimits>;

export function createTradeLimits(deps: TradeLimitsDeps) {
  const { queueDepth } = deps;
  const admit = createAdmission(deps);
  let isAlerted = false;

  function watchQueue(): void {
    const depth = queueDepth();
    const isTooLong = depth >= QUEUE_ALERT_DEPTH;
    if (isTooLong && !isAlerted) deps.onQueueAlert?.(depth);
    isAlerted = isTooLong;
  }

  const sheds = (what: Shed): boolean =>
    queueDepth() >= (what === 'PRICE_RESET' ? QUEUE_ALERT_DEPTH : SHED_BACKDATED_DEPTH);

  return {
    /** All of the trades or, with RATE_LIMITED, none; by position, a key for each trade. */
    admit(keys: readonly string[]): void {
      watchQueue();
      admit(keys);
    },

    /** Whether something that can wait should: resets first, then backdated trades. */
    sheds,

    /** Counts what was put off. */
    shed(what: Shed, count: number): void {
      deps.onShed?.(what, count);
    },

    /** Throws RATE_LIMITED when the writers have too much in hand for price resets. */
    admitPriceReset(): void {
      if (!sheds('PRICE_RESET')) return;
      deps.onShed?.('PRICE_RESET', 1);
      throw new PlatformError(
        'RATE_LIMITED',
        `expected fewer than ${QUEUE_ALERT_DEPTH} trades in flight for a price reset; ` +
          'send it again in a moment',
        { details: { limit: 'QUEUE_ALERT_DEPTH' } },
      );
    },
  };
}

function createAdmission(deps: TradeLimitsDeps): (keys: readonly string[]) => void {
  const rateOf = (perSecond: number): BucketRate => ({
    perSecond,
    burst: Math.max(perSecond * BURST_SECONDS, deps.maxTradesPerRequest),
  });
  const rate = rateOf(deps.tradesPerSecond);
  const positionRate = rateOf(deps.positionTradesPerSecond);
  const buckets = new LRUCache<string, TokenBucket>({ max: MAX_KEPT_BUCKETS });
  let bucket: TokenBucket | undefined;

  function limited(limit: LimitedBy, what: string, waitMs: number): PlatformError {
    deps.onLimited?.(limit);
    return new PlatformError('RATE_LIMITED', `${what}; send them again after ${waitMs} ms`, {
      details: { limit, retryAfterMs: waitMs },
    });
  }

  return (keys) => {
    const nowMs = deps.monotonicMs();
    const all = takeTokens(bucket, { count: keys.length, nowMs }, rate);
    if (!all.ok) {
      const what = `expected at most ${rate.perSecond} trades a second`;
      throw limited('TRADES_PER_SECOND', what, all.waitMs);
    }
    const taken = new Map<string, TokenBucket>();
    for (const [key, count] of countsOf(keys)) {
      const one = takeTokens(buckets.get(key), { count, nowMs }, positionRate);
      if (!one.ok) {
        const what = `expected at most ${positionRate.perSecond} trades a second of ${key}`;
        throw limited('POSITION_TRADES_PER_SECOND', what, one.waitMs);
      }
      taken.set(key, one.bucket);
    }
    bucket = all.bucket;
    for (const [key, each] of taken) buckets.set(key, each);
  };
}

function countsOf(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
