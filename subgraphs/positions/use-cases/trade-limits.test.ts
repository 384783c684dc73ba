import { describe, expect, test } from 'vitest';
import {
  createTradeLimits,
  QUEUE_ALERT_DEPTH,
  SHED_BACKDATED_DEPTH,
  type TradeLimitsDeps,
} from './trade-limits.ts';

function limitsOnTest(changes: Partial<TradeLimitsDeps> = {}) {
  let nowMs = 0;
  let depth = 0;
  const told: string[] = [];
  const limits = createTradeLimits({
    tradesPerSecond: 1_000,
    positionTradesPerSecond: 100,
    maxTradesPerRequest: 200,
    queueDepth: () => depth,
    monotonicMs: () => nowMs,
    onLimited: (limit) => told.push(limit),
    onShed: (what, count) => told.push(`${what} ${count}`),
    ...changes,
  });
  return {
    limits,
    told,
    passMs: (ms: number) => {
      nowMs += ms;
    },
    haveInFlight: (trades: number) => {
      depth = trades;
    },
  };
}

const times = (key: string, count: number) => Array.from({ length: count }, () => key);

describe('PS-11 rate limits', () => {
  test('take bursts of a position, then its rate, and leave other positions alone', () => {
    const { limits, told, passMs } = limitsOnTest();
    limits.admit(times('A', 250));
    expect(() => limits.admit(['A'])).toThrow(
      expect.objectContaining({
        code: 'RATE_LIMITED',
        message: 'expected at most 100 trades a second of A; send them again after 10 ms',
        details: { limit: 'POSITION_TRADES_PER_SECOND', retryAfterMs: 10 },
      }),
    );
    expect(told).toEqual(['POSITION_TRADES_PER_SECOND']);
    limits.admit(times('B', 100));
    passMs(10);
    limits.admit(['A']);
  });

  test('take all of the trades or none', () => {
    const { limits } = limitsOnTest();
    limits.admit(times('A', 250));
    // B is not charged for what was refused because of A.
    expect(() => limits.admit([...times('B', 250), 'A'])).toThrow('of A');
    limits.admit(times('B', 250));
  });

  test('hold over all positions together', () => {
    const { limits, passMs } = limitsOnTest();
    for (let n = 0; n < 10; n += 1) limits.admit(times(`P${n}`, 250));
    expect(() => limits.admit(['LAST'])).toThrow(
      expect.objectContaining({
        details: { limit: 'TRADES_PER_SECOND', retryAfterMs: 1 },
      }),
    );
    passMs(1);
    limits.admit(['LAST']);
  });

  test('let the largest request pass, however low they are', () => {
    const { limits } = limitsOnTest({ tradesPerSecond: 1, positionTradesPerSecond: 1 });
    limits.admit(times('A', 200));
    expect(() => limits.admit(['A'])).toThrow('again after 1000 ms');
  });
});

describe('PS-11 load shedding', () => {
  test.each([
    [QUEUE_ALERT_DEPTH - 1, false, false],
    [QUEUE_ALERT_DEPTH, true, false],
    [SHED_BACKDATED_DEPTH - 1, true, false],
    [SHED_BACKDATED_DEPTH, true, true],
  ])('with %i trades in flight', (depth, shedsResets, shedsBackdated) => {
    const { limits, haveInFlight } = limitsOnTest();
    haveInFlight(depth);
    expect(limits.sheds('PRICE_RESET')).toBe(shedsResets);
    expect(limits.sheds('BACKDATED_TRADE')).toBe(shedsBackdated);
  });

  test('begins with one alert, and another after the queue was short again', () => {
    const alerts: number[] = [];
    const { limits, haveInFlight } = limitsOnTest({ onQueueAlert: (depth) => alerts.push(depth) });
    for (const depth of [999, 1_000, 1_500, 10, 1_001]) {
      haveInFlight(depth);
      limits.admit(['A']);
    }
    expect(alerts).toEqual([1_000, 1_001]);
  });

  test('refuses price resets first', () => {
    const { limits, told, haveInFlight } = limitsOnTest();
    limits.admitPriceReset();
    haveInFlight(QUEUE_ALERT_DEPTH);
    expect(() => limits.admitPriceReset()).toThrow(
      expect.objectContaining({
        code: 'RATE_LIMITED',
        details: { limit: 'QUEUE_ALERT_DEPTH' },
      }),
    );
    expect(told).toEqual(['PRICE_RESET 1']);
  });
});
