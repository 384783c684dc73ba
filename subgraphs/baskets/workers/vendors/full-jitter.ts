/** How long to wait before the next attempt: anything up to the doubled limit. */

export interface Jitter {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * min(max, first x 2^k) x random, k = 0 before the first repetition. The backoff of the platform
 * keeps half of the wait fixed; here a whole market of clients comes back to one vendor at once.
 */
export function fullJitterMs(k: number, { firstMs, maxMs, random }: Jitter): number {
  return Math.min(maxMs, firstMs * 2 ** k) * random();
}
