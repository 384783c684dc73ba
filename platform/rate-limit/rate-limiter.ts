/**
 * Leaky buckets by key: each take fills one, time empties it. Decided in this process at once, for
 * a round trip to Redis on every request would cost more than most requests; what was taken is
 * shared with the other processes every SHARE_EVERY_MS. Between two sharings n processes may let
 * through n times what one may, for that long. While Redis is away each process counts for itself.
 */

import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

export interface Allowance {
  /** What drains a second. */
  readonly perSecond: number;
  /** What a bucket holds. A single take above it passes when the bucket is empty. */
  readonly burst: number;
}

export interface Taken {
  readonly isAllowed: boolean;
  /** 0 when allowed. */
  readonly retryAfterMs: number;
}

export interface RateLimiter {
  /** What is refused takes nothing. The allowance of a key is the same in every process. */
  readonly take: (key: string, cost: number, allowance: Allowance) => Taken;
  readonly close: () => void;
}

export interface Spending {
  readonly key: string;
  readonly spent: number;
  readonly perSecond: number;
}

/** Adds what was spent here, answers the levels over all processes, in the same order. */
export type ShareSpending = (spending: readonly Spending[]) => Promise<readonly number[]>;

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Left out: this process is alone. Rejects while the others cannot be reached. */
  readonly share?: ShareSpending;
}

interface Bucket {
  level: number;
  atMs: number;
  readonly perSecond: number;
  /** Taken since the last sharing. */
  unshared: number;
}

export const MAX_BUCKETS = 100_000;
export const SHARE_EVERY_MS = 100;
/** Of one sharing; the others wait for the next. */
const MAX_SHARED_KEYS = 1_000;
const MS_PER_SECOND = 1_000;

export function createRateLimiter({ clock, share }: RateLimiterOptions): RateLimiter {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_BUCKETS });
  const sharing = share ? createSharing(share, clock) : undefined;

  function bucketOf(key: string, { perSecond }: Allowance): Bucket {
    const known = buckets.get(key);
    if (known?.perSecond === perSecond) return known;
    const fresh = { level: 0, atMs: clock.nowMs(), perSecond, unshared: 0 };
    buckets.set(key, fresh);
    return fresh;
  }

  return {
    take: (key, cost, allowance) => {
      const bucket = bucketOf(key, allowance);
      drain(bucket, clock.nowMs());
      const over = bucket.level + cost - allowance.burst;
      if (over > 0 && bucket.level > 0) {
        const waitFor = Math.min(over, bucket.level);
        const retryAfterMs = Math.ceil((waitFor / allowance.perSecond) * MS_PER_SECOND);
        return { isAllowed: false, retryAfterMs: Math.max(1, retryAfterMs) };
      }
      bucket.level += cost;
      sharing?.note(key, bucket, cost);
      return { isAllowed: true, retryAfterMs: 0 };
    },
    close: () => sharing?.close(),
  };
}

/** Runs a timer only while something was taken. */
function createSharing(share: ShareSpending, clock: Clock) {
  const unshared = new Map<string, Bucket>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function shareSoon(): void {
    if (timer || isClosed) return;
    timer = setTimeout(() => void shareNow(), SHARE_EVERY_MS);
    timer.unref();
  }

  async function shareNow(): Promise<void> {
    const some = [...unshared].slice(0, MAX_SHARED_KEYS);
    const spending = some.map(([key, { unshared: spent, perSecond }]) => ({
      key,
      spent,
      perSecond,
    }));
    for (const [key, bucket] of some) {
      unshared.delete(key);
      bucket.unshared = 0;
    }
    // What could not be told is counted here all the same, and soon drained there as well.
    const levels = await share(spending).catch(() => undefined);
    some.forEach(([, bucket], index) => {
      const level = levels?.[index];
      if (level === undefined) return;
      drain(bucket, clock.nowMs());
      bucket.level = Math.max(bucket.level, level + bucket.unshared);
    });
    timer = undefined;
    if (unshared.size > 0) shareSoon();
  }

  return {
    note: (key: string, bucket: Bucket, cost: number): void => {
      bucket.unshared += cost;
      unshared.set(key, bucket);
      shareSoon();
    },
    close: (): void => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

function drain(bucket: Bucket, nowMs: number): void {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  bucket.level = Math.max(0, bucket.level - (elapsedMs / MS_PER_SECOND) * bucket.perSecond);
  bucket.atMs = nowMs;
}
