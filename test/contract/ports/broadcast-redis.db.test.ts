import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_MESSAGES_PER_FRAME, RedisBroadcast } from '#platform/broadcast/redis-broadcast';
import { silentLogger as logger } from '#platform/logger';
import { connectRedis } from '#platform/redis';
import { redisSkipReason, startRedis, type TestRedis } from '../../support/redis-server.ts';
import { describeBroadcast } from './broadcast-contract.ts';
import { eventually } from './eventually.ts';

let server: TestRedis;

beforeAll(async () => {
  if (redisSkipReason === undefined) server = await startRedis();
});
afterAll(async () => {
  if (redisSkipReason === undefined) await server.close();
});

async function openEnd(onDropped?: (count: number) => void) {
  const redis = await connectRedis({ url: server.url, logger });
  const broadcast = new RedisBroadcast({ redis, logger, onDropped });
  const close = async (): Promise<void> => {
    await broadcast.close();
    await redis.close();
  };
  return { broadcast, close };
}

describeBroadcast({
  name: 'on Redis',
  skipReason: redisSkipReason,
  open: async () => {
    const [left, right] = [await openEnd(), await openEnd()];
    return {
      ends: [left.broadcast, right.broadcast],
      close: async () => {
        await left.close();
        await right.close();
      },
    };
  },
});

describe.skipIf(redisSkipReason !== undefined)('PL Broadcast on Redis', () => {
  test('the own process hears each message once, and at once', async () => {
    const [mine, other] = [await openEnd(), await openEnd()];
    const heard: unknown[] = [];
    const heardByOther: unknown[] = [];
    await mine.broadcast.subscribe('own', (messages) => heard.push(...messages));
    await other.broadcast.subscribe('own', (messages) => heardByOther.push(...messages));
    void mine.broadcast.publish('own', [{ key: 'a', value: 1 }]);
    expect(heard).toHaveLength(1);
    await eventually(() => heardByOther.length === 1);
    await other.broadcast.publish('own', [{ key: 'b', value: 2 }]);
    await eventually(() => heard.length === 2);
    expect(heard).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    await mine.close();
    await other.close();
  });

  test('a long batch travels in several frames, none of it lost', async () => {
    const [mine, other] = [await openEnd(), await openEnd()];
    const sizes: number[] = [];
    await other.broadcast.subscribe('long', (messages) => sizes.push(messages.length));
    const messages = Array.from({ length: MAX_MESSAGES_PER_FRAME + 1 }, (_, index) => ({
      key: String(index),
      value: index,
    }));
    await mine.broadcast.publish('long', messages);
    await eventually(() => sizes.length === 2);
    expect(sizes).toEqual([MAX_MESSAGES_PER_FRAME, 1]);
    await mine.close();
    await other.close();
  });

  test('counts what others miss while Redis is away, and goes on when it is back', async () => {
    let dropped = 0;
    const mine = await openEnd((count) => (dropped += count));
    const other = await openEnd();
    const heard: string[] = [];
    const heardByOther: string[] = [];
    await mine.broadcast.subscribe('away', ([message]) => heard.push(message?.key ?? ''));
    await other.broadcast.subscribe('away', ([message]) => heardByOther.push(message?.key ?? ''));
    await server.kill();
    await eventually(async () => {
      await mine.broadcast.publish('away', [
        { key: 'lost', value: 1 },
        { key: 'lost too', value: 2 },
      ]);
      return dropped > 0;
    });
    expect(dropped % 2).toBe(0);
    expect(heard).toContain('lost');
    await server.start();
    await eventually(async () => {
      await mine.broadcast.publish('away', [{ key: 'back', value: 3 }]);
      return heardByOther.length > 0;
    });
    expect(heardByOther).not.toContain('lost');
    await mine.close();
    await other.close();
  });
});
