/** Deletes the record of old changes of bars, a batch at a time. The bars themselves stay. */

import { pause } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { Lease } from '#platform/ports';
import type { BarChangeStore } from '../store/bar-changes.ts';

/**
 * Who keeps results made of bars looks at new changes every few seconds, and a backtest counts for
 * 30 days: who has not looked for so long calculates anew.
 */
export const BAR_CHANGES_KEPT_MS = 90 * 86_400_000;
/** Short transactions: a long one would hold every reader of topics back. */
export const CHANGES_FORGOTTEN_AT_ONCE = 5_000;
const RETENTION_EVERY_MS = 60 * 60_000;
const BETWEEN_BATCHES_MS = 100;
const LEASE_NAME = 'bar-change-retention';
const LEASE_TTL_MS = 30_000;

export interface BarChangeRetentionDeps {
  readonly changes: BarChangeStore;
  /** One process at a time. */
  readonly lease: Pick<Lease, 'tryAcquire'>;
  readonly logger: Logger;
  readonly everyMs?: number;
}

export interface BarChangeRetention {
  /** Lets the batch in hand end. */
  stop(): Promise<void>;
}

/** Begins at once. */
export function startBarChangeRetention(deps: BarChangeRetentionDeps): BarChangeRetention {
  const stopping = new AbortController();
  const work = run(deps, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await work;
    },
  };
}

async function run(deps: BarChangeRetentionDeps, signal: AbortSignal): Promise<void> {
  const { logger, everyMs = RETENTION_EVERY_MS } = deps;
  while (!signal.aborted) {
    try {
      await forgetAll(deps, signal);
    } catch (error) {
      logger.warn({ err: error }, 'could not forget old changes of bars, will try again');
    }
    await pause(everyMs, signal);
  }
}

async function forgetAll(
  { changes, lease, logger }: BarChangeRetentionDeps,
  signal: AbortSignal,
): Promise<void> {
  const held = await lease.tryAcquire(LEASE_NAME, { ttlMs: LEASE_TTL_MS });
  if (!held) return;
  let forgotten = 0;
  try {
    for (let last = CHANGES_FORGOTTEN_AT_ONCE; last === CHANGES_FORGOTTEN_AT_ONCE;) {
      if (signal.aborted) break;
      last = await changes.forgetOlderThan(BAR_CHANGES_KEPT_MS, CHANGES_FORGOTTEN_AT_ONCE);
      forgotten += last;
      await pause(BETWEEN_BATCHES_MS, signal);
    }
  } finally {
    await held.release();
  }
  if (forgotten > 0) logger.info({ forgotten }, 'forgot old changes of bars');
}
