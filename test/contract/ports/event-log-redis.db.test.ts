import { Redis } from 'ioredis';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { partitionOf } from '#kernel/partition';
import { createRedisEventLog } from '#platform/event-log/redis-event-log';
import { streamKey } from '#platform/event-log/redis-streams';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger as logger } from '#platform/logger';
import { appendToOutbox } from '#platform/outbox';
import type { EventLog } from '#platform/ports';
import { openPool } from '#platform/postgres';
import { connectRedis } from '#platform/redis';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { redisSkipReason, startRedis, type TestRedis } from '../../support/redis-server.ts';
import { startDoomed } from './doomed.ts';
import { describeEventLog } from './event-log-contract.ts';
import { recordOf, valueOf } from './event-log-stage.ts';
import { eventually } from './eventually.ts';

const GROUP_TTL_MS = 1_500;
const AUDIT_EVERY_MS = 1_000;

let database: TestDatabase;
let sql: Sql;
let server: TestRedis;

beforeAll(async () => {
  if (redisSkipReason !== undefined) return;
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 5, applicationName: 'redis-log-test' });
  server = await startRedis();
});
afterAll(async () => {
  if (redisSkipReason !== undefined) return;
  await server.close();
  await sql.end();
  await database.drop();
});

async function openLog(): Promise<{ log: EventLog; close: () => Promise<void> }> {
  const redis = await connectRedis({ url: server.url, logger });
  const lease = createPostgresLease({ sql, logger });
  const log = createRedisEventLog({
    sql,
    url: database.url,
    logger,
    redis,
    lease,
    groupTtlMs: GROUP_TTL_MS,
    auditEveryMs: AUDIT_EVERY_MS,
  });
  return {
    log,
    close: async () => {
      await log.close();
      await lease.close();
      await redis.close();
    },
  };
}

describeEventLog({
  name: 'on Redis streams',
  skipReason: redisSkipReason,
  open: async () => {
    const { log, close } = await openLog();
    return { log, append: (records) => appendToOutbox(sql, records), close };
  },
  startMember: (topic) =>
    startDoomed(['consume', database.url, server.url, String(GROUP_TTL_MS), topic]),
});

describe.skipIf(redisSkipReason !== undefined)('PL EventLog on Redis streams', () => {
  let opened: { log: EventLog; close: () => Promise<void> };
  let redis: Redis;

  beforeEach(async () => {
    opened = await openLog();
    redis = new Redis(server.url);
    redis.on('error', () => undefined);
  });
  afterEach(async () => {
    redis.disconnect();
    await opened.close();
  });

  async function consume(topic: string): Promise<number[]> {
    const seen: number[] = [];
    await opened.log.consume({
      topic,
      group: 'group',
      handle: async (records) => void seen.push(...records.map(valueOf)),
    });
    return seen;
  }
  const append = (topic: string, ...values: readonly number[]) =>
    appendToOutbox(
      sql,
      values.map((value) => recordOf(topic, 'a', value)),
    );
  const streamLength = (topic: string) => redis.xlen(streamKey(topic, partitionOf('a')));

  test('the relay copies each record once, also when it relays it again', async () => {
    const seen = await consume('once');
    await append('once', 1, 2, 3);
    await eventually(async () => seen.length === 3 && (await streamLength('once')) === 3);
    await opened.close();
    // As after a crash between adding to Redis and storing the cursor.
    await sql`update platform.relay_cursor set xid = '0', id = 0`;
    opened = await openLog();
    const again = await consume('once');
    await append('once', 4);
    await eventually(() => again.length === 1);
    expect(again).toEqual([4]);
    await eventually(async () => (await streamLength('once')) === 4);
  });

  test('writing needs no Redis; consumers go on, and the streams catch up afterwards', async () => {
    const seen = await consume('away');
    await append('away', 1);
    await eventually(() => seen.length === 1);
    await server.kill();
    await append('away', 2, 3);
    await eventually(() => seen.length === 3);
    await server.start();
    await append('away', 4);
    await eventually(() => seen.length === 4);
    expect(seen).toEqual([1, 2, 3, 4]);
    // It kept nothing: the relay notices and fills the stream again.
    await eventually(async () => (await streamLength('away')) === 4);
  });

  test.each([
    { place: 'middle', index: 1 },
    { place: 'end', index: 3 },
  ])('finds in the outbox what is missing at the $place of a stream', async ({ place, index }) => {
    const topic = `gap-${place}`;
    const seen: number[] = [];
    const consumer = await opened.log.consume({
      topic,
      group: 'group',
      handle: async (records) => void seen.push(...records.map(valueOf)),
    });
    await append(topic, 1);
    await eventually(() => seen.length === 1);
    consumer.pause();
    await append(topic, 2, 3, 4);
    await eventually(async () => (await streamLength(topic)) === 4);
    const key = streamKey(topic, partitionOf('a'));
    const entries = await redis.xrange(key, '-', '+');
    await redis.xdel(key, entries[index]?.[0] ?? '');
    consumer.resume();
    await eventually(() => seen.length === 4);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test('hands records over from the stream and not from the outbox', async () => {
    const seen = await consume('carried');
    await append('carried', 1);
    await eventually(async () => seen.length === 1 && (await streamLength('carried')) === 1);
    const key = streamKey('carried', partitionOf('a'));
    const [first] = await redis.xrange(key, '-', '+');
    const previous = first?.[0] ?? '';
    const id = `${Number(previous.split('-')[0]) + 1}-1`;
    const record = JSON.stringify({ ...recordOf('carried', 'a', 99), recordedAtMs: 0 });
    await redis.xadd(key, id, 'record', record, 'previous', previous);
    await redis.publish('plumbline:news', 'carried');
    await eventually(() => seen.length === 2);
    expect(seen).toEqual([1, 99]);
  });
});
