import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger as logger } from '#platform/logger';
import { appendToOutbox } from '#platform/outbox';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { eventually } from '../../test/contract/ports/eventually.ts';
import { enterGroup, storePosition } from './group-offsets.ts';
import { createPostgresLease } from '../lease/postgres-lease.ts';
import { positionOf } from './log-position.ts';
import { readTopicAfter } from './outbox-reader.ts';
import { deletePassedRecords, OutboxRetention } from './outbox-retention.ts';

let database: TestDatabase;
let sql: Sql;
const HOUR_MS = 3_600_000;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'retention-test' });
});
beforeEach(async () => {
  await sql`delete from platform.outbox`;
  await sql`delete from platform.consumer_offset`;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function append(topic: string, count: number, ageHours: number): Promise<void> {
  const record = { topic, key: 'a', type: 'T', version: 1, payload: {}, causationId: null };
  const records = Array.from({ length: count }, () => ({ ...record, correlationId: 'c' }));
  await appendToOutbox(sql, records);
  await sql`
    update platform.outbox set recorded_at = clock_timestamp() - ${ageHours}::int * interval '1 h'
    where topic = ${topic} and recorded_at > clock_timestamp() - interval '1 minute'`;
}
const remaining = async (topic: string): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from platform.outbox where topic = ${topic}`;
  return row?.count ?? 0;
};
const deleteAll = (batch = 100) => deletePassedRecords(sql, { keptMs: 24 * HOUR_MS, batch });

describe('PL outbox retention', () => {
  test('keeps what is young and what a group has still to read', async () => {
    await append('nobody', 4, 48);
    await append('read', 3, 48);
    await append('read', 2, 1);
    await enterGroup(sql, { topic: 'read', group: 'quick' }, 'beginning');
    await enterGroup(sql, { topic: 'read', group: 'slow' }, 'beginning');
    const read = () => readTopicAfter(sql, 'read', null, 10);
    // Transactions of other databases of the server hold the newest records back for a moment.
    await eventually(async () => (await read()).length === 5);
    const records = await read();
    const passTo = async (group: string, index: number): Promise<void> => {
      const { partition, sequence } = records[index] ?? { partition: 0, sequence: '0' };
      await storePosition(sql, { topic: 'read', group }, partition, positionOf(sequence));
    };

    await passTo('quick', 4);
    expect(await deleteAll()).toBe(4);
    expect([await remaining('read'), await remaining('nobody')]).toEqual([5, 0]);
    await passTo('slow', 1);
    expect(await deleteAll()).toBe(2);
    await passTo('slow', 4);
    expect(await deleteAll()).toBe(1);
    expect(await remaining('read')).toBe(2);
  });

  test('goes on past a stuck group to what lies behind it, a batch at a time', async () => {
    await append('stuck', 5, 72);
    await append('free', 5, 48);
    await enterGroup(sql, { topic: 'stuck', group: 'group' }, 'beginning');
    expect(await deleteAll(3)).toBe(3);
    expect(await deleteAll(3)).toBe(2);
    expect(await deleteAll(3)).toBe(0);
    expect(await remaining('stuck')).toBe(5);
  });

  test('runs by itself, in one process at a time, and stops at once', async () => {
    await append('old', 2, 24 * 8);
    const lease = createPostgresLease({ sql, logger });
    const jobs = [1, 2].map(() => new OutboxRetention({ sql, lease, logger, everyMs: 20 }));
    await eventually(async () => (await remaining('old')) === 0);
    await Promise.all(jobs.map((job) => job.stop()));
    await lease.close();
    expect(await remaining('old')).toBe(0);
  });
});
