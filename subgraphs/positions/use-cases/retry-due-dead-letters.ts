/** What may pass later is tried again by itself, and attempts whose process died are finished. */

import type { Logger } from '#platform/logger';
import type { DueDeadLetter } from '../store/dead-letter-attempts.ts';
import {
  attemptDeadLetter,
  AUTOMATIC_USER,
  type DeadLetterDeps,
  finishAttempt,
} from './attempt-dead-letter.ts';

/** Of each kind; the rest waits for the next round. */
export const MAX_RETRIES_PER_ROUND = 50;
/** Longer than any request may take: whoever holds an attempt for so long is dead. */
export const ABANDONED_AFTER_MS = 60_000;
/** Waiting dead letters from which on somebody has to look. */
export const UNRESOLVED_ALARM = 100;

export interface RetryDueDeps extends DeadLetterDeps {
  readonly logger: Logger;
}

/** Resolves with the number of attempts made. One that fails keeps no other from being made. */
export async function retryDueDeadLetters(
  deps: RetryDueDeps,
  signal: AbortSignal,
): Promise<number> {
  const { letters, letterAttempts, logger } = deps;
  const limit = MAX_RETRIES_PER_ROUND;
  let made = 0;
  const each = async (deadLetterId: string, work: () => Promise<unknown>): Promise<void> => {
    if (signal.aborted) return;
    made += 1;
    try {
      await work();
    } catch (error) {
      logger.warn({ err: error, deadLetterId }, 'a dead letter could not be tried again');
    }
  };
  const abandoned = await letterAttempts.takeOverAbandoned({ afterMs: ABANDONED_AFTER_MS, limit });
  for (const attempt of abandoned) {
    await each(attempt.deadLetterId, async () => {
      const letter = await letters.byId(attempt.deadLetterId);
      if (letter !== undefined) await finishAttempt(deps, letter, attempt);
    });
  }
  for (const due of await letterAttempts.due(limit)) {
    await each(due.id, () => retryUnasked(deps, due));
  }
  return made;
}

async function retryUnasked(
  deps: DeadLetterDeps,
  { id, automaticRetries }: DueDeadLetter,
): Promise<void> {
  const letter = await deps.letters.byId(id);
  if (letter === undefined || letter.trade === null) return;
  await attemptDeadLetter(deps, letter, {
    // By its number: when another process has made this attempt meanwhile, nothing is done.
    commandId: String(automaticRetries + 1),
    action: 'RETRY',
    trade: null,
    comment: null,
    user: AUTOMATIC_USER,
    correlationId: letter.correlationId,
  });
}
