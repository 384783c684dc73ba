/**
 * When frames that wait are written: at once while writing is quick, otherwise later, so that more
 * frames go into each write. A write costs a system call whatever it holds; the pause after a round
 * of writes grows with what the round took, up to a limit, so that writing leaves time to others.
 *
 * Modes: idle; armed, as soon as something waits; flushing, which ends idle, or armed again.
 */

export interface Flushable {
  /** Writes what waits. */
  flush(): void;
}

export interface FlushSchedule {
  /** Once for each time something begins to wait. */
  readonly add: (flushable: Flushable) => void;
  /** Nothing is written by itself any longer. */
  readonly stop: () => void;
}

export const MAX_FLUSH_DELAY_MS = 20;
/** A round of 4 ms is followed by a pause of 16 ms: one fifth of the time for writing. */
const PAUSE_FOR_EACH_MS = 4;

export function createFlushSchedule(maxDelayMs = MAX_FLUSH_DELAY_MS): FlushSchedule {
  let waiting: Flushable[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isArmed = false;
  let isStopped = false;
  let endedAtMs = 0;
  let pauseMs = 0;

  function flush(): void {
    isArmed = false;
    const round = waiting;
    waiting = [];
    const startedAtMs = performance.now();
    for (const each of round) each.flush();
    endedAtMs = performance.now();
    pauseMs = Math.min(maxDelayMs, (endedAtMs - startedAtMs) * PAUSE_FOR_EACH_MS);
  }

  function arm(): void {
    isArmed = true;
    const leftMs = pauseMs < 1 ? 0 : endedAtMs + pauseMs - performance.now();
    if (leftMs < 1) immediate = setImmediate(flush);
    else timer = setTimeout(flush, leftMs);
  }

  return {
    add: (flushable) => {
      if (isStopped) return;
      waiting.push(flushable);
      if (!isArmed) arm();
    },
    stop: () => {
      isStopped = true;
      waiting = [];
      clearImmediate(immediate);
      clearTimeout(timer);
    },
  };
}
