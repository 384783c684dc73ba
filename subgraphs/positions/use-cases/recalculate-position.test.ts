import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { fixedClock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import { silentLogger } from '#platform/logger';
import { keyOf } from '../domain/position-test-support.ts';
import {
  type Calculation,
  MAX_RESTARTS,
  recalculatePosition,
  type RecalculatePositionDeps,
} from './recalculate-position.ts';

const key = keyOf({ bookId: 'BOOK-1', accountId: 'ACC-1' });
const never = new AbortController().signal;
const LATE = [
  {
    key,
    version: 4,
    causedBy: 'X',
    effectiveDate: businessDate('2026-03-05'),
    recordedAtMs: 0,
    correlationId: 'correlation-1',
    causationId: 'backdated-trades:7',
    user: 'trader',
  },
];
const REFUSED: Calculation = {
  type: 'REFUSED',
  refusal: {
    basedOnVersion: 4,
    effectiveDate: businessDate('2026-03-05'),
    reason: 'OVERSOLD_AFTER_REPLAY',
    versions: [4],
    message: 'units before the sale E3: expected at least 150, were 60',
  },
};

type Answer = 'WRITTEN' | 'RESTART' | Error;

/** The writers answer as listed, the last answer for ever. */
function setUp(answers: readonly Answer[], calculation: Calculation = REFUSED) {
  let calculated = 0;
  let written = 0;
  let restarts = 0;
  const pauses: number[] = [];
  const origins: unknown[] = [];
  const deps: RecalculatePositionDeps = {
    calculations: {
      run: () => {
        calculated += 1;
        return Promise.resolve(calculation);
      },
    },
    corrections: {
      write: (_key, _correction, origin) => {
        const answer = answers[Math.min(written, answers.length - 1)] ?? 'WRITTEN';
        written += 1;
        origins.push(origin);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
    clock: fixedClock(0),
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    logger: silentLogger,
    onRestart: () => {
      restarts += 1;
    },
  };
  const counts = () => ({ calculated, written, restarts });
  return { deps, counts, pauses, origins };
}

describe('recalculating a position', () => {
  test('writes what was calculated once, in the name of who came late', async () => {
    const { deps, counts, origins } = setUp(['WRITTEN']);
    expect(await recalculatePosition(deps, key, LATE, never)).toBe('REFUSED');
    expect(counts()).toEqual({ calculated: 1, written: 1, restarts: 0 });
    expect(origins).toEqual([
      { user: 'trader', correlationId: 'correlation-1', causationId: 'backdated-trades:7' },
    ]);
  });

  test.each([['NOTHING_LATE', 'NOTHING_LATE'] as const, ['REFUSED_BEFORE', 'REFUSED'] as const])(
    'writes nothing when the answer is %s',
    async (type, outcome) => {
      const { deps, counts } = setUp(['WRITTEN'], { type });
      expect(await recalculatePosition(deps, key, LATE, never)).toBe(outcome);
      expect(counts()).toEqual({ calculated: 1, written: 0, restarts: 0 });
    },
  );

  test('calculates anew when more came late meanwhile', async () => {
    const { deps, counts } = setUp(['RESTART', 'RESTART', 'WRITTEN']);
    expect(await recalculatePosition(deps, key, LATE, never)).toBe('REFUSED');
    expect(counts()).toEqual({ calculated: 3, written: 3, restarts: 2 });
  });

  test(`gives up after ${MAX_RESTARTS} restarts, naming the position`, async () => {
    const { deps, counts } = setUp(['RESTART']);
    await expect(recalculatePosition(deps, key, LATE, never)).rejects.toThrow(
      `${key.text} was recalculated 6 times, and each time more had come late`,
    );
    expect(counts().calculated).toBe(MAX_RESTARTS + 1);
  });

  test('waits while the writers have no room or lose to others, and keeps its result', async () => {
    const full = new PlatformError('RATE_LIMITED', 'no room');
    const lost = new PlatformError('VERSION_CONFLICT', 'changed by others');
    const { deps, counts, pauses } = setUp([full, lost, 'WRITTEN']);
    expect(await recalculatePosition(deps, key, LATE, never)).toBe('REFUSED');
    expect(counts()).toEqual({ calculated: 1, written: 3, restarts: 0 });
    expect(pauses).toHaveLength(2);
  });

  test('hands every other failure to whoever tries again', async () => {
    const { deps, counts } = setUp([new PlatformError('UPSTREAM_UNAVAILABLE', 'away')]);
    await expect(recalculatePosition(deps, key, LATE, never)).rejects.toThrow('away');
    expect(counts().written).toBe(1);
  });

  test('ends at once when nobody waits for it any longer', async () => {
    const leaving = new AbortController();
    const full = new PlatformError('RATE_LIMITED', 'no room');
    const { deps } = setUp([full]);
    const giveUp = (): Promise<void> => {
      leaving.abort(new Error('the partition is lost'));
      return Promise.resolve();
    };
    await expect(
      recalculatePosition({ ...deps, pause: giveUp }, key, LATE, leaving.signal),
    ).rejects.toThrow('the partition is lost');
  });
});
