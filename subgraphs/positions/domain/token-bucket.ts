/** Rates with room for bursts: a bucket fills steadily, and what is done takes tokens out of it. */

export interface BucketRate {
  readonly perSecond: number;
  /** What the bucket holds when it is full. */
  readonly burst: number;
}

export interface TokenBucket {
  readonly tokens: number;
  /** When it held that many, in milliseconds of a clock that never jumps. */
  readonly atMs: number;
}

const MS_PER_SECOND = 1_000;

export type Taken =
  | { readonly ok: true; readonly bucket: TokenBucket }
  /** Nothing was taken; so many milliseconds later there are enough. */
  | { readonly ok: false; readonly waitMs: number };

/** A bucket nobody has taken from yet is full. Waits without end for more than it holds. */
export function takeTokens(
  bucket: TokenBucket | undefined,
  { count, nowMs }: { readonly count: number; readonly nowMs: number },
  { perSecond, burst }: BucketRate,
): Taken {
  const elapsedMs = bucket === undefined ? 0 : Math.max(0, nowMs - bucket.atMs);
  const before = bucket?.tokens ?? burst;
  const tokens = Math.min(burst, before + (elapsedMs * perSecond) / MS_PER_SECOND);
  if (tokens >= count) return { ok: true, bucket: { tokens: tokens - count, atMs: nowMs } };
  const missing = count > burst ? Infinity : count - tokens;
  return { ok: false, waitMs: Math.ceil((missing * MS_PER_SECOND) / perSecond) };
}
