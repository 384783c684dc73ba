import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../test/support/database.ts';
import { redisSkipReason, startRedis } from '../test/support/redis-server.ts';
import { eventually } from '../test/contract/ports/eventually.ts';
import { readConfig } from './config.ts';
import { StartupError } from './errors.ts';
import { silentLogger as logger } from './logger.ts';
import { appendToOutbox } from './outbox.ts';
import { openParts } from './parts.ts';
import type { LogRecord } from './ports.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
});

const RECORD = {
  topic: 'a-topic',
  key: 'a',
  type: 'T',
  version: 1,
  payload: { n: 1 },
  correlationId: 'c',
  causationId: null,
};

async function useParts(redisUrl: string): Promise<{ seen: LogRecord[]; metrics: string }> {
  const config = readConfig({ REDIS_URL: redisUrl, LOG_LEVEL: 'silent' });
  const parts = await openParts({ config, databaseUrl: database.url, logger });
  const group = `group-${redisUrl === '' ? 'postgres' : 'redis'}`;
  const seen: LogRecord[] = [];
  let isBroken = true;
  await parts.eventLog.consume({
    topic: 'a-topic',
    group,
    startAt: 'end',
    maxAttempts: 1,
    handle: async (records) => {
      if (isBroken) throw new Error('broken');
      seen.push(...records);
    },
  });
  await appendToOutbox(parts.sql, [RECORD]);
  await eventually(
    async () => (await parts.eventLog.deadLetters({ group, limit: 1 })).length === 1,
  );
  isBroken = false;
  await appendToOutbox(parts.sql, [RECORD]);
  await eventually(() => seen.length === 1);
  await parts.cache.setMany([{ key: 'k', value: 'v', version: 1n }]);
  expect(await parts.cache.getMany(['k'])).toEqual(['v']);
  await eventually(async () => (await parts.metrics.metrics()).includes(`"${group}"} 0`));
  const metrics = await parts.metrics.metrics();
  await parts.close();
  return { seen, metrics };
}

describe('PL platform parts', () => {
  test('work with nothing but Postgres, tell their metrics, and close', async () => {
    const { seen, metrics } = await useParts('');
    expect(seen).toHaveLength(1);
    const labels = '{topic="a-topic",group="group-postgres"}';
    expect(metrics).toContain(`plumbline_event_log_lag_records${labels} 0\n`);
    expect(metrics).toContain(`plumbline_event_log_oldest_waiting_seconds${labels} 0\n`);
    expect(metrics).toContain(`plumbline_event_log_dead_letters${labels} 1\n`);
    expect(metrics).toContain('process_cpu_user_seconds_total');
  });

  test.skipIf(redisSkipReason !== undefined)('work with Redis in the same way', async () => {
    const redis = await startRedis();
    const { seen, metrics } = await useParts(redis.url);
    await redis.close();
    expect(seen).toHaveLength(1);
    expect(metrics).toMatch(/plumbline_outbox_relayed_records_total [1-9]/);
  });

  test.each([
    {
      name: 'a database that is not there',
      databaseUrl: () => 'postgres://user:secret-word@127.0.0.1:1/plumbline',
      redisUrl: '',
      expected: /^The database at 127\.0\.0\.1:1\/plumbline does not .*ECONNREFUSED.*: start it/,
    },
    {
      name: 'a Redis that is not there',
      databaseUrl: () => database.url,
      redisUrl: 'redis://:secret-word@127.0.0.1:1',
      expected: /^Redis at 127\.0\.0\.1:1 does not .*: start it, or set REDIS_URL right/,
    },
  ])('say in one sentence what to do about $name', async ({ databaseUrl, redisUrl, expected }) => {
    const config = readConfig({ REDIS_URL: redisUrl });
    const opening = openParts({ config, databaseUrl: databaseUrl(), logger });
    const error: unknown = await opening.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartupError);
    expect(String(error)).not.toContain('secret-word');
    expect((error as StartupError).message).toMatch(expected);
  });

  test('refuse a database that was not migrated', async () => {
    const empty = await createEmptyDatabase();
    const opening = openParts({ config: readConfig({}), databaseUrl: empty.url, logger });
    await expect(opening).rejects.toThrow(/does not answer as it should .*migrate it/);
    await empty.drop();
  });

  test('refuse an outbox from another server, whose numbers would never come here', async () => {
    const restored = await createTestDatabase();
    const config = readConfig({});
    const parts = await openParts({ config, databaseUrl: restored.url, logger });
    await appendToOutbox(parts.sql, [RECORD]);
    await parts.sql`update platform.outbox set xid = '999999999'`;
    await parts.close();
    const opening = openParts({ config, databaseUrl: restored.url, logger });
    await expect(opening).rejects.toThrow(/transaction numbers this server has not reached/);
    await restored.drop();
  });
});
