import { describe, expect, test } from 'vitest';
import {
  BUSY_FOR_MS,
  BUSY_TRADES_IN_FLIGHT,
  createYield,
  MAX_REST_MS,
  PATIENCE_MS,
  REST_FACTOR,
} from './yield-to-hot-path.ts';

/** Time passes only while the cold path rests. */
function setUp() {
  let nowMs = 1_000_000;
  let trades = 0;
  let oldestMs: number | null = null;
  const yielding = createYield(
    {
      tradesInFlight: () => trades,
      oldestRecordedAtMs: () => oldestMs,
      clock: { nowMs: () => nowMs },
      monotonicMs: () => nowMs,
      pause: (ms) => {
        nowMs += ms;
        return Promise.resolve();
      },
    },
    2,
  );
  const never = new AbortController().signal;
  return {
    ...yielding,
    inFlight: (count: number) => {
      trades = count;
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
    oldestIs: (ageMs: number | null) => {
      oldestMs = ageMs === null ? null : nowMs - ageMs;
    },
    restedMs: async (tookMs: number, signal = never): Promise<number> => {
      const before = nowMs;
      await yielding.rest(tookMs, signal);
      return nowMs - before;
    },
  };
}

describe('while the hot path has room', () => {
  test('all places calculate, and none rests', async () => {
    const { places, restedMs, inFlight } = setUp();
    inFlight(BUSY_TRADES_IN_FLIGHT - 1);
    expect(places()).toBe(2);
    expect(await restedMs(100)).toBe(0);
  });
});

describe('while trades queue for the writers', () => {
  test('one place calculates and rests nine times as long, within a limit', async () => {
    const { places, restedMs, inFlight } = setUp();
    inFlight(BUSY_TRADES_IN_FLIGHT);
    expect(places()).toBe(1);
    expect(await restedMs(100)).toBe(100 * REST_FACTOR);
    expect(await restedMs(60_000)).toBe(MAX_REST_MS);
  });

  test('the moment between two batches is no room', () => {
    const { places, inFlight, wait } = setUp();
    inFlight(BUSY_TRADES_IN_FLIGHT);
    expect(places()).toBe(1);
    inFlight(0);
    wait(BUSY_FOR_MS - 1);
    expect(places()).toBe(1);
    wait(1);
    expect(places()).toBe(2);
  });

  test('a rest ends early when the load is gone, and at once when all ends', async () => {
    const { restedMs, inFlight } = setUp();
    inFlight(BUSY_TRADES_IN_FLIGHT);
    expect(await restedMs(100, AbortSignal.abort())).toBe(0);
    const resting = restedMs(60_000);
    inFlight(0);
    expect(await resting).toBeLessThanOrEqual(BUSY_FOR_MS + 40);
  });

  test('who has waited for a minute is not put off', async () => {
    const { places, restedMs, inFlight, oldestIs } = setUp();
    inFlight(1_000);
    oldestIs(PATIENCE_MS);
    expect(places()).toBe(1);
    oldestIs(PATIENCE_MS + 1);
    expect(places()).toBe(2);
    expect(await restedMs(1_000)).toBe(0);
    oldestIs(null);
    expect(places()).toBe(1);
  });
});
