/** How much the cold path may take, so that the hot path never notices it. */

/** Two positions are calculated at once: one loads while the other replays. */
export const RECALCULATION_THREADS = 2;
/** Over all threads ten, apart from the pool that serves requests and writers. */
export const CONNECTIONS_PER_THREAD = 5;
/** A position of 10,000 lots and 100,000 events takes about a quarter of it. */
export const MAX_THREAD_MEMORY_MIB = 1_024;
/** More than one waits only when a partition was lost to another process and came back. */
export const MAX_CALCULATIONS_WAITING = 16;

/** Of the history of one position. */
export const LOADING = {
  timeoutMs: 5_000,
  maxRetries: 4,
  firstBackoffMs: 100,
  maxBackoffMs: 2_000,
  breakAfterFailures: 10,
  openForMs: 60_000,
} as const;
