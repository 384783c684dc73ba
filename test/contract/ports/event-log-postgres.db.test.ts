import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { silentLogger } from '#platform/logger';
import { appendToOutbox } from '#platform/outbox';
import type { EventLog } from '#platform/ports';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startDoomed } from './doomed.ts';
import { describeEventLog } from './event-log-contract.ts';
import { recordOf, valueOf } from './event-log-stage.ts';
import { eventually } from './eventually.ts';

const GROUP_TTL_MS = 1_500;

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 5, applicationName: 'event-log-test' });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const openLog = (): EventLog =>
  createPostgresEventLog({
    sql,
    url: database.url,
    logger: silentLogger,
    groupTtlMs: GROUP_TTL_MS,
  });

describeEventLog({
  name: 'on Postgres',
  open: async () => {
    const log = openLog();
    return { log, append: (records) => appendToOutbox(sql, records), close: () => log.close() };
  },
  startMember: (topic) => startDoomed(['consume', database.url, '-', String(GROUP_TTL_MS), topic]),
});

describe('PL EventLog on Postgres', () => {
  test('does not lose a record that was written early and committed late', async () => {
    const log = openLog();
    const seen: number[] = [];
    await log.consume({
      topic: 'late',
      group: 'group',
      handle: async (records) => void seen.push(...records.map(valueOf)),
    });
    const slow = await sql.reserve();
    let end = '';
    try {
      await slow`begin`;
      await appendToOutbox(slow, [recordOf('late', 'a', 1)]);
      await appendToOutbox(sql, [recordOf('late', 'a', 2)]);
      // Its number is higher and it is committed, but an older transaction still runs.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(seen).toEqual([]);
      expect(await log.readAfter('late', null, 10)).toEqual([]);
      end = await log.end();
      await slow`commit`;
    } finally {
      slow.release();
    }
    await eventually(() => seen.length === 2);
    expect(seen).toEqual([1, 2]);
    expect((await log.readAfter('late', null, 10)).map(valueOf)).toEqual([1, 2]);
    expect((await log.readAfter('late', end, 10)).map(valueOf)).toEqual([1, 2]);
    await log.close();
  });

  test('goes on when every connection is cut, and loses nothing', async () => {
    const log = openLog();
    const seen = new Set<number>();
    let wakes = 0;
    log.onNews('cut', () => (wakes += 1));
    await log.consume({
      topic: 'cut',
      group: 'group',
      handle: async (records) => {
        for (const record of records) seen.add(valueOf(record));
      },
    });
    await appendToOutbox(sql, [recordOf('cut', 'a', 1)]);
    await eventually(() => seen.size === 1 && wakes > 0);
    const wakesBefore = wakes;
    const admin = postgres(database.ownerUrl, { max: 1 });
    await admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    await admin.end();
    // Nothing was written, but nobody knows.
    await eventually(() => wakes > wakesBefore);
    const append = appendToOutbox.bind(undefined, sql, [recordOf('cut', 'a', 2)]);
    // The pool finds its connections dead one by one.
    await eventually(() =>
      append().then(
        () => true,
        () => false,
      ),
    );
    await eventually(() => seen.size === 2);
    // And notifications arrive again: polls tell nobody.
    const wakesAgain = wakes;
    await appendToOutbox(sql, [recordOf('cut', 'a', 3)]);
    await eventually(() => seen.size === 3);
    await eventually(() => wakes > wakesAgain);
    expect([...seen]).toEqual([1, 2, 3]);
    await log.close();
  });

  test('a member whose session expired in the database stops and joins anew', async () => {
    const log = openLog();
    let aborted = 0;
    let handled = 0;
    const consumer = await log.consume({
      topic: 'expired',
      group: 'group',
      handle: async (_records, signal) => {
        handled += 1;
        if (handled > 1) return;
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve, { once: true });
        });
        aborted += 1;
      },
    });
    await appendToOutbox(sql, [recordOf('expired', 'a', 1)]);
    await eventually(() => handled === 1);
    await sql`update platform.lease_session set expires_at = clock_timestamp() - interval '1 s'`;
    await eventually(() => aborted === 1 && handled === 2);
    await eventually(async () => (await consumer.lag()) === 0);
    await log.close();
    expect(await sql`select from platform.consumer_member`).toHaveLength(0);
  });
});
