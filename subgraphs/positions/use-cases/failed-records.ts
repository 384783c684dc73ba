/**
 * Records of topics that the consumers here could not handle: no refusal, but a failure, such as a
 * database that was away for too long. The event log keeps them; handing one over again is safe.
 */

import { DEFAULT_MAX_ATTEMPTS } from '#platform/event-log/delivery';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { DeadLetter as FailedRecord, EventLog } from '#platform/ports';
import {
  FIRST_RETRY_PAUSE_MS,
  MAX_AUTOMATIC_RETRIES,
  MAX_RETRY_PAUSE_MS,
} from '../domain/dead-letter.ts';

export const MAX_FAILED_RECORDS = 500;

export interface FailedRecordsDeps {
  readonly eventLog: Pick<EventLog, 'deadLetters' | 'retryDeadLetter'>;
  /** The consumer groups whose records these are. */
  readonly consumerGroups: readonly string[];
}

/** Oldest first, at most MAX_FAILED_RECORDS. */
export async function failedRecords({
  eventLog,
  consumerGroups,
}: FailedRecordsDeps): Promise<readonly FailedRecord[]> {
  const limit = MAX_FAILED_RECORDS;
  const found = await Promise.all(
    consumerGroups.map((group) => eventLog.deadLetters({ group, limit })),
  );
  return found
    .flat()
    .sort((a, b) => a.failedAtMs - b.failedAtMs)
    .slice(0, limit);
}

/** Hands the record to its consumer once more; false when it is not there any longer. */
export async function retryFailedRecord(deps: FailedRecordsDeps, id: string): Promise<boolean> {
  const failed = await failedRecords(deps);
  return failed.some((each) => each.id === id) && deps.eventLog.retryDeadLetter(id);
}

/** Those whose time has come, by the pauses of dead letters; resolves with their number. */
export async function retryDueRecords(
  deps: FailedRecordsDeps & { readonly clock: Clock; readonly logger: Logger },
): Promise<number> {
  const nowMs = deps.clock.nowMs();
  let made = 0;
  for (const { id, group, attempts, failedAtMs, reason } of await failedRecords(deps)) {
    const retries = Math.max(0, attempts - DEFAULT_MAX_ATTEMPTS);
    const pauseMs = Math.min(MAX_RETRY_PAUSE_MS, FIRST_RETRY_PAUSE_MS * 2 ** retries);
    if (retries >= MAX_AUTOMATIC_RETRIES || failedAtMs + pauseMs > nowMs) continue;
    deps.logger.info({ id, group, retries, reason }, 'a failed record is handed over again');
    if (await deps.eventLog.retryDeadLetter(id)) made += 1;
  }
  return made;
}
