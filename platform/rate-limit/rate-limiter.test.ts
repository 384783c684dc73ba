import { expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import { createRateLimiter, type ShareSpending } from './rate-limiter.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const ALLOWANCE = { perSecond: 10, burst: 20 };

function limiter(share?: ShareSpending) {
  const clock = fixedClock(NOW);
  const { take, close } = createRateLimiter({ clock, ...(share ? { share } : {}) });
  return { clock, close, take: (cost: number, key = 'ann') => take(key, cost, ALLOWANCE) };
}

test('a bucket takes its burst at once, and then what drains', () => {
  const { take, clock } = limiter();
  expect(take(20)).toEqual({ isAllowed: true, retryAfterMs: 0 });
  expect(take(5)).toEqual({ isAllowed: false, retryAfterMs: 500 });
  clock.advance(499);
  expect(take(5).isAllowed).toBe(false);
  clock.advance(1);
  expect(take(5).isAllowed).toBe(true);
});

test('what is refused takes nothing', () => {
  const { take, clock } = limiter();
  take(20);
  for (let count = 0; count < 100; count += 1) take(5);
  clock.advance(500);
  expect(take(5).isAllowed).toBe(true);
});

test('keys do not share a bucket, and none holds more than its burst after a rest', () => {
  const { take, clock } = limiter();
  take(20);
  expect(take(20, 'bob').isAllowed).toBe(true);
  clock.advance(3_600_000);
  take(20);
  expect(take(1).isAllowed).toBe(false);
});

test('one take above the burst passes when the bucket is empty, and is worked off', () => {
  const { take, clock } = limiter();
  expect(take(100).isAllowed).toBe(true);
  expect(take(1)).toEqual({ isAllowed: false, retryAfterMs: 8_100 });
  expect(take(100)).toEqual({ isAllowed: false, retryAfterMs: 10_000 });
  clock.advance(10_000);
  expect(take(100).isAllowed).toBe(true);
});

test('a clock that goes back gives and takes nothing', () => {
  const { take, clock } = limiter();
  take(20);
  clock.advance(-60_000);
  expect(take(1).isAllowed).toBe(false);
});

/** As Redis does, without draining: the clock of these tests stands still. */
function together() {
  const levels = new Map<string, number>();
  const told: number[] = [];
  let isAway = false;
  const share: ShareSpending = async (spending) => {
    told.push(spending.length);
    if (isAway) throw new Error('away');
    return spending.map(({ key, spent }) => {
      levels.set(key, (levels.get(key) ?? 0) + spent);
      return levels.get(key) ?? 0;
    });
  };
  return {
    share,
    told,
    leave: () => {
      isAway = true;
    },
    comeBack: () => {
      isAway = false;
    },
  };
}
const soon = { timeout: 15_000 };

test('processes learn what the others took', async () => {
  const { share, told } = together();
  const [one, other] = [limiter(share), limiter(share)];
  one.take(15);
  await expect.poll(() => told.length, soon).toBe(1);
  other.take(0.001);
  await expect.poll(() => told.length, soon).toBe(2);
  expect(other.take(10).isAllowed).toBe(false);
  expect(other.take(10, 'bob').isAllowed).toBe(true);
  one.close();
  other.close();
});

test('each counts for itself while the others are away, and shares again after', async () => {
  const { share, told, leave, comeBack } = together();
  const one = limiter(share);
  leave();
  one.take(15);
  await expect.poll(() => told.length, soon).toBe(1);
  expect(one.take(10).isAllowed).toBe(false);
  expect(one.take(1).isAllowed).toBe(true);
  comeBack();
  await expect.poll(() => told.length, soon).toBe(2);
  expect(one.take(5).isAllowed).toBe(false);
  one.close();
});

test('closing leaves no timer behind', async () => {
  const { share, told } = together();
  const { take, close } = limiter(share);
  take(1);
  close();
  take(1);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(told).toEqual([]);
});
