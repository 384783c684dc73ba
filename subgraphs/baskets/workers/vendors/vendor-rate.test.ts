import { describe, expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import { createBulkhead } from './bulkhead.ts';
import { fullJitterMs } from './full-jitter.ts';
import { createVendorRate } from './vendor-rate.ts';

describe('BK-7 the rate of a vendor', () => {
  test('lets a burst through, then its rate, and waits when the vendor says so', () => {
    const clock = fixedClock(0);
    const rate = createVendorRate({ perSecond: 10, burst: 2 }, clock);
    expect([rate.take(), rate.take(), rate.take()]).toEqual([0, 0, 100]);
    clock.advance(100);
    expect([rate.take(), rate.take()]).toEqual([0, 100]);
    rate.holdFor(3_000);
    clock.advance(2_000);
    expect(rate.take()).toBe(1_000);
    clock.advance(1_000);
    expect([rate.take(), rate.take(), rate.take()]).toEqual([0, 0, 100]);
  });
});

describe('BK-7 full jitter', () => {
  test('is min(cap, base x 2^k) x random', () => {
    const jitter = (share: number) => ({ firstMs: 100, maxMs: 5_000, random: () => share });
    expect([0, 1, 2, 5, 6, 40].map((k) => fullJitterMs(k, jitter(1)))).toEqual([
      100, 200, 400, 3_200, 5_000, 5_000,
    ]);
    expect(fullJitterMs(6, jitter(0.25))).toBe(1_250);
    expect(fullJitterMs(6, jitter(0))).toBe(0);
  });
});

describe('BK-7 the bulkhead of a vendor', () => {
  test('runs so many at once, lets so many wait, refuses more, frees places again', async () => {
    const bulkhead = createBulkhead({ atOnce: 1, waiting: 1 });
    const started: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string) => () => {
      started.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    };
    const first = bulkhead.run(work('first'));
    const second = bulkhead.run(work('second'));
    expect(await bulkhead.run(work('third'))).toBeUndefined();
    expect(started).toEqual(['first']);
    ends.get('first')?.();
    expect(await first).toBe('first');
    await expect.poll(() => started).toEqual(['first', 'second']);
    ends.get('second')?.();
    expect(await second).toBe('second');
    expect(bulkhead.load).toBe(0);
    expect(await bulkhead.run(() => Promise.resolve('fourth'))).toBe('fourth');
  });
});
