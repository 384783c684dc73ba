import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createBarChangeStore } from '../store/bar-changes.ts';
import {
  BAR_CHANGES_KEPT_MS,
  CHANGES_FORGOTTEN_AT_ONCE,
  startBarChangeRetention,
} from './bar-change-retention.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 3, applicationName: 'retention-test' });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const note = (count: number, ageMs: number) => sql`
  insert into market_data.bar_change (series_ids, first_date, last_date, recorded_at)
  select array[n], '2026-01-05', '2026-01-05',
    clock_timestamp() - ${ageMs}::float8 * interval '1 millisecond'
  from generate_series(1, ${count}::int) n`;

async function kept(): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from market_data.bar_change`;
  return row?.count ?? -1;
}

describe('changes of bars', () => {
  test('are kept for 90 days, and forgotten then, however many there are', async () => {
    await note(CHANGES_FORGOTTEN_AT_ONCE + 10, BAR_CHANGES_KEPT_MS + 60_000);
    await note(3, BAR_CHANGES_KEPT_MS - 60_000);
    const lease = createPostgresLease({ sql, logger: silentLogger });
    const changes = createBarChangeStore(sql);
    const retention = startBarChangeRetention({ changes, lease, logger: silentLogger });
    await expect.poll(kept, { timeout: 15_000 }).toBe(3);
    await retention.stop();
    await lease.close();
  });

  test('are left to the process that has the lease', async () => {
    await note(5, BAR_CHANGES_KEPT_MS + 60_000);
    const lease = createPostgresLease({ sql, logger: silentLogger });
    const held = await lease.tryAcquire('bar-change-retention', { ttlMs: 30_000 });
    const changes = createBarChangeStore(sql);
    const parts = { changes, lease, logger: silentLogger, everyMs: 20 };
    const retention = startBarChangeRetention(parts);
    const before = await kept();
    expect(before).toBe(8);
    await held?.release();
    await expect.poll(kept, { timeout: 15_000 }).toBe(3);
    await retention.stop();
    await lease.close();
  });
});
