import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/clock';
import { silentLogger as logger } from '#platform/logger';
import { connectRedis } from '#platform/redis';
import { redisSkipReason, startRedis, type TestRedis } from '../../test/support/redis-server.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { redisSpending } from './redis-spending.ts';

const SLOW = { perSecond: 0.01, burst: 100 };
const soon = { timeout: 15_000 };
let server: TestRedis;

describe.skipIf(redisSkipReason !== undefined)('GW-4 rates over many processes', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.close());

  async function open() {
    const redis = await connectRedis({ url: server.url, logger });
    const share = redisSpending(redis);
    let sharings = 0;
    const counted: typeof share = async (spending) => {
      const levels = await share(spending);
      sharings += 1;
      return levels;
    };
    const limiter = createRateLimiter({ clock: systemClock, share: counted });
    const take = (cost: number, key: string) => limiter.take(key, cost, SLOW).isAllowed;
    return {
      take,
      share,
      /** Takes as good as nothing until it was told what all took. */
      exchange: async (key: string) => {
        const before = sharings;
        await expect.poll(() => take(0.0001, key) && sharings > before, soon).toBe(true);
      },
      close: async () => {
        limiter.close();
        await redis.close();
      },
    };
  }

  test('one process learns through Redis what another took', async () => {
    const [one, other] = [await open(), await open()];
    expect(one.take(90, 'ann')).toBe(true);
    await one.exchange('ann');
    await other.exchange('ann');
    expect(other.take(50, 'ann')).toBe(false);
    expect(other.take(50, 'bob')).toBe(true);
    await one.close();
    await other.close();
  });

  test('a bucket drains by the clock of Redis', async () => {
    const { share, close } = await open();
    const spending = { key: 'drains', spent: 10, perSecond: 100_000 };
    expect(await share([spending])).toEqual([10]);
    await expect.poll(async () => (await share([spending]))[0], soon).toBe(10);
    await close();
  });

  test('limits go on while Redis is away, and are shared again once it is back', async () => {
    const [one, other] = [await open(), await open()];
    await server.kill();
    expect(one.take(90, 'eve')).toBe(true);
    expect(one.take(50, 'eve')).toBe(false);
    await server.start();
    await one.exchange('back');
    await other.exchange('back');
    expect(one.take(60, 'dan')).toBe(true);
    await one.exchange('dan');
    await other.exchange('dan');
    expect(other.take(60, 'dan')).toBe(false);
    await one.close();
    await other.close();
  });
});
