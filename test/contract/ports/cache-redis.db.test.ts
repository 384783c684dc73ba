import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisCache } from '#platform/cache/redis-cache';
import { silentLogger as logger } from '#platform/logger';
import { connectRedis } from '#platform/redis';
import { redisSkipReason, startRedis, type TestRedis } from '../../support/redis-server.ts';
import { describeCache } from './cache-contract.ts';
import { eventually } from './eventually.ts';

let server: TestRedis;

beforeAll(async () => {
  if (redisSkipReason === undefined) server = await startRedis();
});
afterAll(async () => {
  if (redisSkipReason === undefined) await server.close();
});

async function open() {
  const redis = await connectRedis({ url: server.url, logger });
  const cache = createRedisCache({ redis, logger });
  return { cache, close: () => redis.close() };
}

describeCache({ name: 'on Redis', skipReason: redisSkipReason, open });

describe.skipIf(redisSkipReason !== undefined)('PL Cache on Redis', () => {
  test('a value written by one process is read by another', async () => {
    const [mine, other] = [await open(), await open()];
    await mine.cache.setMany([{ key: 'shared', value: { price: '1.5' }, version: 1n }]);
    expect(await other.cache.getMany(['shared'])).toEqual([{ price: '1.5' }]);
    await mine.close();
    await other.close();
  });

  test('reads as empty while Redis is away, without waiting, and fills again', async () => {
    const { cache, close } = await open();
    await cache.setMany([{ key: 'a', value: 1, version: 1n }]);
    await server.kill();
    const askedAtMs = performance.now();
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    await cache.setMany([{ key: 'a', value: 2, version: 2n }]);
    expect(performance.now() - askedAtMs).toBeLessThan(1_000);
    await server.start();
    await eventually(async () => {
      await cache.setMany([{ key: 'a', value: 3, version: 3n }]);
      return (await cache.getMany(['a']))[0] === 3;
    });
    await close();
  });
});
