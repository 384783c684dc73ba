/** A token bucket that can be told to wait: how fast one vendor is asked. */

import type { Clock } from '#platform/clock';
import type { VendorRateLimits } from './vendor-limits.ts';

export interface VendorRate {
  /** Takes a token and answers 0, or takes none and answers how long to wait for one. */
  take(): number;
  /** The vendor said that we are too fast: nothing goes for so long. */
  holdFor(ms: number): void;
}

const MS_PER_SECOND = 1_000;

export function createVendorRate(
  { perSecond, burst }: VendorRateLimits,
  clock: Pick<Clock, 'nowMs'>,
): VendorRate {
  let tokens = burst;
  let atMs = clock.nowMs();
  let heldUntilMs = 0;

  return {
    take() {
      const nowMs = clock.nowMs();
      if (nowMs < heldUntilMs) return heldUntilMs - nowMs;
      tokens = Math.min(burst, tokens + (Math.max(0, nowMs - atMs) * perSecond) / MS_PER_SECOND);
      atMs = nowMs;
      if (tokens < 1) return Math.ceil(((1 - tokens) * MS_PER_SECOND) / perSecond);
      tokens -= 1;
      return 0;
    },
    holdFor(ms) {
      heldUntilMs = Math.max(heldUntilMs, clock.nowMs() + ms);
    },
  };
}
