import type { Sql } from 'postgres';
import { afterAll, beforeAll } from 'vitest';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger as logger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { startDoomed } from './doomed.ts';
import { describeLease } from './lease-contract.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 5, applicationName: 'lease-test' });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

describeLease({
  name: 'on Postgres',
  open: async () => {
    const lease = createPostgresLease({ sql, logger });
    return { lease, close: () => lease.close() };
  },
  expireAll: async () => {
    await sql`update platform.lease_session set expires_at = clock_timestamp() - interval '1 ms'`;
  },
  startHolder: (name, ttlMs) => startDoomed(['lease', database.url, '-', String(ttlMs), name]),
});
