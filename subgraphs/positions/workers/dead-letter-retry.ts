/**
 * Round after round, tries dead letters and failed records again whose time has come, and says when
 * too many wait.
 */

import type { Logger } from '#platform/logger';
import { type FailedRecordsDeps, retryDueRecords } from '../use-cases/failed-records.ts';
import {
  MAX_RETRIES_PER_ROUND,
  retryDueDeadLetters,
  type RetryDueDeps,
  UNRESOLVED_ALARM,
} from '../use-cases/retry-due-dead-letters.ts';

/** Between two rounds; none after a full one. */
export const ROUND_PAUSE_MS = 5_000;

export interface DeadLetterRetryDeps extends RetryDueDeps, FailedRecordsDeps {
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface DeadLetterRetry {
  /** Lets the attempt in hand end. */
  stop(): Promise<void>;
}

/** Several processes may do so at once: each dead letter is tried by one of them. */
export function startDeadLetterRetry(deps: DeadLetterRetryDeps): DeadLetterRetry {
  const stopping = new AbortController();
  const work = run(deps, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await work;
    },
  };
}

async function run(deps: DeadLetterRetryDeps, signal: AbortSignal): Promise<void> {
  const alarm = createAlarm(deps.logger);
  while (!signal.aborted) {
    let made = 0;
    try {
      made = await retryDueDeadLetters(deps, signal);
      await retryDueRecords(deps);
      alarm(await deps.letters.countUnresolved());
    } catch (error) {
      deps.logger.warn({ err: error }, 'dead letters could not be looked at');
    }
    if (made < MAX_RETRIES_PER_ROUND) await deps.pause(ROUND_PAUSE_MS, signal);
  }
}

/** Once when the limit is reached, and again only after it was left. */
function createAlarm(logger: Logger) {
  let isRaised = false;
  return (unresolved: number): void => {
    const isTooMany = unresolved >= UNRESOLVED_ALARM;
    if (isTooMany && !isRaised) {
      logger.error({ unresolved }, 'ALARM: too many refused trades wait for somebody');
    }
    isRaised = isTooMany;
  };
}
