/** How much backtests may take, so that requests never wait for them. */

/** Backtests at work at once; the others wait in the database. */
export const BACKTEST_THREADS = 2;
/** Tasks handed to the threads beyond those they have in hand. */
export const MAX_BACKTEST_TASKS_WAITING = 8;
/** 1,000 names over 15 years take about 400 MiB while they are laid side by side. */
export const MAX_THREAD_MEMORY_MIB = 1_536;
export const CONNECTIONS_PER_THREAD = 1;
/** Reading 1.9 million prices takes about a second. */
export const LOAD_TIMEOUT_MS = 60_000;
/** Prices kept for the next backtest: about eight windows of 15 years and 500 names. */
export const MAX_CACHED_PRICE_BYTES = 128 * 2 ** 20;
