import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';

/** So many instruments with as many positions each. */
const COUNT = 150;

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 1, applicationName: 'instrument-test' });
  await sql`
    insert into positions.snapshot_store (position_key, book_id, account_id, instrument_id, symbol,
      currency, lane, last_ver, quantity, cost_basis, realized_pnl, lot_count, relief_method,
      reconciliation_status, pending_backdated, last_recorded_at)
    select format('B|A%s|INS_%s|USD|-|NET', a, i), 'B', 'A' || a, 'ins_' || i, 'S' || i, 'USD',
      'NET', 1, 0, 0, 0, 0, 'FIFO', 'RECONCILED', 0, clock_timestamp()
    from generate_series(1, ${COUNT}::int) i, generate_series(1, ${COUNT}::int) a`;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

describe('positions of an instrument', () => {
  test('are found, page after page, without looking at those of the others', async () => {
    const [row] = await sql<{ 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }[]>`
      explain (format json)
      select position_key from positions.snapshot_store
      where instrument_id = ${'ins_7'} and position_key > ${'B|A7'}
      order by position_key limit ${100}`;
    const plan = row?.['QUERY PLAN'][0].Plan;
    if (plan === undefined) throw new Error('no plan');
    const indices = nodesOf(plan).flatMap((each) => each['Index Name'] ?? []);
    expect(indices).toEqual(['snapshot_by_instrument']);
    expect(nodesOf(plan).map((each) => each['Node Type'])).not.toContain('Seq Scan');
  });
});
