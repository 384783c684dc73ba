import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisLease } from '#platform/lease/redis-lease';
import { silentLogger as logger } from '#platform/logger';
import { connectRedis } from '#platform/redis';
import { redisSkipReason, startRedis, type TestRedis } from '../../support/redis-server.ts';
import { startDoomed } from './doomed.ts';
import { eventually } from './eventually.ts';
import { describeLease } from './lease-contract.ts';

let server: TestRedis;

beforeAll(async () => {
  if (redisSkipReason === undefined) server = await startRedis();
});
afterAll(async () => {
  if (redisSkipReason === undefined) await server.close();
});

async function open() {
  const redis = await connectRedis({ url: server.url, logger });
  const lease = createRedisLease({ redis, logger });
  const close = async (): Promise<void> => {
    await lease.close();
    await redis.close();
  };
  return { lease, redis, close };
}

describeLease({
  name: 'on Redis',
  skipReason: redisSkipReason,
  open,
  expireAll: async () => {
    const { redis, close } = await open();
    // The fencing tokens go as well: they must grow all the same.
    await redis.commands.flushall();
    await close();
  },
  startHolder: (name, ttlMs) =>
    startDoomed(['lease', 'postgres://unused', server.url, String(ttlMs), name]),
});

describe.skipIf(redisSkipReason !== undefined)('PL Lease on Redis', () => {
  test('a holder lets go in time when Redis is away, and others are told at once', async () => {
    const { lease, close } = await open();
    const held = await lease.tryAcquire('away', { ttlMs: 600 });
    await server.kill();
    const killedAtMs = performance.now();
    await expect(lease.tryAcquire('another', { ttlMs: 600 })).rejects.toThrow(/closed|writeable/);
    await eventually(() => held?.lost.aborted === true);
    expect(performance.now() - killedAtMs).toBeLessThan(800);
    await server.start();
    await eventually(async () => {
      const again = await lease.tryAcquire('away', { ttlMs: 600 }).catch(() => undefined);
      return again !== undefined;
    });
    await close();
  });
});
