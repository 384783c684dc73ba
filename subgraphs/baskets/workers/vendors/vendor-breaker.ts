/**
 * Stops asking an endpoint of a vendor that fails.
 *
 * CLOSED: calls go through; opens when at least `failureRatio` of at least `leastCalls` calls in
 * the window failed, or `failuresInRow` in a row. OPEN: none goes through, for `openFirstMs`,
 * doubled each time it opens again without having closed, up to `openMaxMs`. HALF_OPEN: `probes`
 * calls go through; all of them succeeding closes it, one failing opens it.
 *
 * Unlike breaker.ts of the platform it counts by time, and gives out permits: a post is answered
 * long after the function that sent it has returned, or never.
 */

import type { Clock } from '#platform/clock';
import type { VendorBreakerState } from '../../domain/vendor.ts';
import type { VendorBreakerLimits } from './vendor-limits.ts';

/** To be ended once, by one of its functions; a second end has no effect. */
export interface Permit {
  settle(outcome: 'SUCCEEDED' | 'FAILED'): void;
  /** It says nothing about the endpoint: the call was not made, or not waited for. */
  cancel(): void;
}

export interface VendorBreaker {
  /** Null when no call may go now. */
  enter(): Permit | null;
  readonly state: VendorBreakerState;
  /** Until a call may go again; 0 unless open. */
  waitMs(): number;
}

interface Slot {
  readonly second: number;
  calls: number;
  failures: number;
}

const SLOT_MS = 1_000;

/** The calls of the window, by second. */
function createCallWindow(limits: VendorBreakerLimits, clock: Pick<Clock, 'nowMs'>) {
  let slots: Slot[] = [];
  let failuresInRow = 0;
  return {
    count(hasFailed: boolean): void {
      const nowMs = clock.nowMs();
      const second = Math.floor(nowMs / SLOT_MS);
      slots = slots.filter((slot) => slot.second * SLOT_MS > nowMs - limits.windowMs);
      let slot = slots.at(-1);
      if (slot?.second !== second) {
        slot = { second, calls: 0, failures: 0 };
        slots.push(slot);
      }
      slot.calls += 1;
      slot.failures += hasFailed ? 1 : 0;
      failuresInRow = hasFailed ? failuresInRow + 1 : 0;
    },
    isTooBad(): boolean {
      if (failuresInRow >= limits.failuresInRow) return true;
      const calls = slots.reduce((sum, slot) => sum + slot.calls, 0);
      const failures = slots.reduce((sum, slot) => sum + slot.failures, 0);
      return calls >= limits.leastCalls && failures >= limits.failureRatio * calls;
    },
    clear(): void {
      slots = [];
      failuresInRow = 0;
    },
  };
}

export function createVendorBreaker(
  limits: VendorBreakerLimits,
  clock: Pick<Clock, 'nowMs'>,
): VendorBreaker {
  let state: VendorBreakerState = 'CLOSED';
  /** Grows with each change of state: a permit of a former state changes nothing. */
  let era = 0;
  const window = createCallWindow(limits, clock);
  let openForMs = limits.openFirstMs;
  let openUntilMs = 0;
  let probes = { out: 0, succeeded: 0 };

  function enterState(next: VendorBreakerState): void {
    state = next;
    era += 1;
    window.clear();
    probes = { out: 0, succeeded: 0 };
  }

  function open(): void {
    enterState('OPEN');
    openUntilMs = clock.nowMs() + openForMs;
    openForMs = Math.min(limits.openMaxMs, openForMs * 2);
  }

  function settle(outcome: 'SUCCEEDED' | 'FAILED'): void {
    if (state === 'CLOSED') {
      window.count(outcome === 'FAILED');
      if (outcome === 'FAILED' && window.isTooBad()) open();
    } else if (outcome === 'FAILED') {
      open();
    } else {
      probes.succeeded += 1;
      if (probes.succeeded < limits.probes) return;
      enterState('CLOSED');
      openForMs = limits.openFirstMs;
    }
  }

  function permit(): Permit {
    const born = era;
    let isEnded = false;
    const end = (how: () => void): void => {
      if (!isEnded && born === era) how();
      isEnded = true;
    };
    return {
      settle: (outcome) => end(() => settle(outcome)),
      cancel: () => end(() => (probes.out -= 1)),
    };
  }

  return {
    enter() {
      if (state === 'OPEN' && clock.nowMs() >= openUntilMs) enterState('HALF_OPEN');
      if (state === 'OPEN') return null;
      if (state === 'HALF_OPEN' && probes.out >= limits.probes) return null;
      probes.out += 1;
      return permit();
    },
    get state() {
      return state;
    },
    waitMs: () => (state === 'OPEN' ? Math.max(0, openUntilMs - clock.nowMs()) : 0),
  };
}
