import { expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import { MAX_RETRIES_PER_ROUND, UNRESOLVED_ALARM } from '../use-cases/retry-due-dead-letters.ts';
import {
  type DeadLetterRetryDeps,
  ROUND_PAUSE_MS,
  startDeadLetterRetry,
} from './dead-letter-retry.ts';

/** A worker whose rounds end when the test lets its pause end. */
function worker(unresolved: readonly (number | Error)[], due: readonly number[] = []) {
  const said: string[] = [];
  const pauses: number[] = [];
  let rounds = 0;
  const paused = new Map<number, () => void>();
  const say = (_fields: object, message: string) => said.push(message);
  const letter = (n: number) => ({ id: String(n), automaticRetries: 0 });
  const deps = {
    letters: {
      byId: () => Promise.resolve(undefined),
      countUnresolved: () => {
        const answer = unresolved[rounds - 1] ?? 0;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    letterAttempts: {
      takeOverAbandoned: () => Promise.resolve([]),
      due: () => {
        rounds += 1;
        return Promise.resolve(Array.from({ length: due[rounds - 1] ?? 0 }, (_, n) => letter(n)));
      },
    },
    eventLog: { deadLetters: () => Promise.resolve([]) },
    consumerGroups: ['positions'],
    clock: fixedClock(0),
    logger: { error: say, warn: say } as unknown as Logger,
    pause: (ms: number, signal: AbortSignal) => {
      pauses.push(ms);
      if (pauses.length < Math.max(unresolved.length, 1)) return Promise.resolve();
      paused.get(0)?.();
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  };
  const lastPause = new Promise<void>((resolve) => paused.set(0, resolve));
  const retry = startDeadLetterRetry(deps as unknown as DeadLetterRetryDeps);
  return { said, pauses, rounds: () => rounds, lastPause, stop: () => retry.stop() };
}

test('PS-9 raises its alarm once when a hundred wait, and again after fewer did', async () => {
  const few = UNRESOLVED_ALARM - 1;
  const on = worker([few, UNRESOLVED_ALARM, UNRESOLVED_ALARM + 1, few, UNRESOLVED_ALARM]);
  await on.lastPause;
  await on.stop();
  expect(on.said).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(/^ALARM/)));
  expect(on.pauses).toEqual(Array.from({ length: 5 }, () => ROUND_PAUSE_MS));
});

test('goes on after a round that failed', async () => {
  const on = worker([new Error('the database is away'), 0]);
  await on.lastPause;
  await on.stop();
  expect(on.said).toEqual(['dead letters could not be looked at']);
  expect(on.rounds()).toBe(2);
});

test('does not pause after a full round', async () => {
  const on = worker([0], [MAX_RETRIES_PER_ROUND, 1]);
  await on.lastPause;
  await on.stop();
  expect(on.rounds()).toBe(2);
  expect(on.pauses).toHaveLength(1);
});
