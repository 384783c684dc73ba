import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takeTokens, type TokenBucket } from './token-bucket.ts';

const RATE = { perSecond: 10, burst: 25 };

describe('a token bucket', () => {
  test('is full at first, and takes what it holds at once', () => {
    expect(takeTokens(undefined, { count: 25, nowMs: 0 }, RATE)).toEqual({
      ok: true,
      bucket: { tokens: 0, atMs: 0 },
    });
  });

  test('fills at its rate, says how long to wait, and never holds more than its burst', () => {
    const empty = { tokens: 0, atMs: 1_000 };
    expect(takeTokens(empty, { count: 3, nowMs: 1_100 }, RATE)).toEqual({ ok: false, waitMs: 200 });
    expect(takeTokens(empty, { count: 3, nowMs: 1_300 }, RATE)).toMatchObject({ ok: true });
    expect(takeTokens(empty, { count: 1, nowMs: 99_000 }, RATE)).toEqual({
      ok: true,
      bucket: { tokens: 24, atMs: 99_000 },
    });
  });

  test('never has enough for more than its burst', () => {
    expect(takeTokens(undefined, { count: 26, nowMs: 0 }, RATE)).toEqual({
      ok: false,
      waitMs: Infinity,
    });
  });

  test('lets through at most its burst and its rate, whoever asks when', () => {
    const ask = fc.record({ afterMs: fc.nat(500), count: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 100 }), (asks) => {
        let bucket: TokenBucket | undefined;
        let nowMs = 0;
        let through = 0;
        for (const { afterMs, count } of asks) {
          nowMs += afterMs;
          const taken = takeTokens(bucket, { count, nowMs }, RATE);
          if (!taken.ok) continue;
          bucket = taken.bucket;
          through += count;
        }
        expect(through).toBeLessThanOrEqual(RATE.burst + (nowMs * RATE.perSecond) / 1_000 + 1e-6);
      }),
    );
  });
});
