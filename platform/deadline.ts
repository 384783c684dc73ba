/** Deadlines are instants, passed down, so that each stage gets what is left and no more. */

import { PlatformError } from './errors.ts';
import type { Clock } from './clock.ts';

export function remainingMs(deadlineAtMs: number, clock: Clock): number {
  return Math.max(0, deadlineAtMs - clock.nowMs());
}

/** The earlier of the stage's own limit and what is left of the request. */
export function stageDeadline(deadlineAtMs: number, ownLimitMs: number, clock: Clock): number {
  return Math.min(deadlineAtMs, clock.nowMs() + ownLimitMs);
}

/** Waits for `work`, but not past the deadline: then throws TIMEOUT naming `stage`. */
export async function beforeDeadline<T>(
  work: Promise<T>,
  { stage, deadlineAtMs, clock }: { stage: string; deadlineAtMs: number; clock: Clock },
): Promise<T> {
  const leftMs = remainingMs(deadlineAtMs, clock);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = `${stage} did not answer in time`;
      reject(new PlatformError('TIMEOUT', message, { details: { stage } }));
    }, leftMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
