/**
 * Stops asking a dependency that fails, judged by the share of failures among its last calls.
 *
 * CLOSED: calls go through; opens when at least `openAtFailureRatio` of the last `sampleSize` calls
 * failed, and no sooner than after so many. OPEN: calls fail at once, for `openForMs`. HALF_OPEN:
 * one call at a time goes through, all others fail at once; a failure opens it again, and
 * `closeAfterSuccesses` successes close it with an empty memory.
 *
 * `createGuard` of retry.ts counts failures in a row and closes on the first success: that suits
 * calls that are repeated anyway; this one suits a call that every request makes.
 */

import type { Clock } from './clock.ts';
import { PlatformError } from './errors.ts';

export interface BreakerOptions {
  /** Of the dependency: callers read it in the error. */
  readonly name: string;
  readonly sampleSize: number;
  /** Above 0, at most 1. */
  readonly openAtFailureRatio: number;
  readonly openForMs: number;
  readonly closeAfterSuccesses: number;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

export interface Breaker {
  /** Every rejection counts as a failure. Throws UPSTREAM_UNAVAILABLE instead of asking. */
  run<T>(work: () => Promise<T>): Promise<T>;
  readonly state: BreakerState;
}

export function createBreaker(options: BreakerOptions): Breaker {
  const { name, sampleSize, openAtFailureRatio, openForMs, closeAfterSuccesses, clock } = options;
  let state: BreakerState = 'CLOSED';
  /** True for a failure; of the last calls, oldest first. */
  let sample: boolean[] = [];
  let openUntilMs = 0;
  let successes = 0;
  let isProbing = false;

  function open(): void {
    state = 'OPEN';
    openUntilMs = clock.nowMs() + openForMs;
    sample = [];
  }

  function halfOpen(): void {
    state = 'HALF_OPEN';
    successes = 0;
  }

  function settle(hasFailed: boolean): void {
    // What was asked before it opened says nothing about the time after.
    if (state !== 'CLOSED') return;
    sample = [...sample, hasFailed].slice(-sampleSize);
    const failures = sample.filter(Boolean).length;
    if (sample.length === sampleSize && failures >= openAtFailureRatio * sampleSize) open();
  }

  function settleProbe(hasFailed: boolean): void {
    isProbing = false;
    if (hasFailed) {
      open();
      return;
    }
    successes += 1;
    if (successes >= closeAfterSuccesses) state = 'CLOSED';
  }

  return {
    async run(work) {
      if (state === 'OPEN' && clock.nowMs() >= openUntilMs) halfOpen();
      if (state === 'OPEN' || (state === 'HALF_OPEN' && isProbing)) {
        throw new PlatformError('UPSTREAM_UNAVAILABLE', `${name} is not asked for now: it failed`, {
          details: { dependency: name },
        });
      }
      const report = state === 'HALF_OPEN' ? settleProbe : settle;
      isProbing = state === 'HALF_OPEN';
      try {
        const answer = await work();
        report(false);
        return answer;
      } catch (error) {
        report(true);
        throw error;
      }
    },
    get state() {
      return state;
    },
  };
}
