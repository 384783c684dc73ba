/** The one source of now; tests pass their own. */

import { type BusinessDate, utcDateOf } from '#kernel/business-date';

export interface Clock {
  /** Epoch milliseconds, UTC. */
  nowMs(): number;
  /** The UTC business date of now. */
  today(): BusinessDate;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  today: () => utcDateOf(Date.now()),
};

/** A clock that stands still until told otherwise. */
export function fixedClock(startMs: number): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    today: () => utcDateOf(nowMs),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
