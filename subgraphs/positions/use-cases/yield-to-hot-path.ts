/**
 * How the cold path makes room: while trades queue for the writers, one position is recalculated at
 * a time, and after each the cold path rests nine times as long as it worked. Who has waited for a
 * minute is not put off any longer: an estimate must not stay one because the day is busy.
 */

import type { Clock } from '#platform/clock';

/** Trades in flight from which on the hot path has nothing to spare: half a batch of a writer. */
export const BUSY_TRADES_IN_FLIGHT = 32;
/** Between two batches there may be few in flight: it stays busy for so long. */
export const BUSY_FOR_MS = 1_000;
export const REST_FACTOR = 9;
export const MAX_REST_MS = 5_000;
/** Of the oldest late event that waits. */
export const PATIENCE_MS = 60_000;
/** A rest is over early when the hot path is not busy any longer. */
export const REST_SLICE_MS = 20;

export interface YieldDeps {
  readonly tradesInFlight: () => number;
  /** When the oldest late event was recorded that waits; null while none does. */
  readonly oldestRecordedAtMs: () => number | null;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Grows evenly, whatever happens to the clock. */
  readonly monotonicMs: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function createYield(deps: YieldDeps, maxPlaces: number) {
  const { tradesInFlight, oldestRecordedAtMs, clock, monotonicMs, pause } = deps;
  let lastBusyAtMs = Number.NEGATIVE_INFINITY;

  function mustYield(): boolean {
    const nowMs = monotonicMs();
    if (tradesInFlight() >= BUSY_TRADES_IN_FLIGHT) lastBusyAtMs = nowMs;
    const isBusy = nowMs - lastBusyAtMs < BUSY_FOR_MS;
    const oldestMs = oldestRecordedAtMs();
    const isOverdue = oldestMs !== null && clock.nowMs() - oldestMs > PATIENCE_MS;
    return isBusy && !isOverdue;
  }

  return {
    places: () => (mustYield() ? 1 : maxPlaces),

    async rest(tookMs: number, signal: AbortSignal): Promise<void> {
      const endsAtMs = monotonicMs() + Math.min(tookMs * REST_FACTOR, MAX_REST_MS);
      while (!signal.aborted && mustYield() && monotonicMs() < endsAtMs) {
        await pause(REST_SLICE_MS, signal);
      }
    },
  };
}
