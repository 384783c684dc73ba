import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { systemClock } from '#platform/clock';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { buildHistory } from '../main.ts';
import { findSampleData } from '../store/sample-files.ts';
import { importSampleData } from './import-sample-data.ts';

let database: TestDatabase;
let sql: Sql;
let history: ReturnType<typeof buildHistory>;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'sample-test' });
  history = buildHistory({ sql, clock: systemClock });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

test('PL-1 an empty platform gets the prices that ship in packages, all of them', async () => {
  const runs = await importSampleData(history, findSampleData());
  // Counted with grep: 5,106, 561 and 1,261 lines, less a header each.
  expect(runs).toMatchObject([
    { fileName: 'sp500-2000.csv', status: 'COMPLETED', valuesStored: 5_105, faultCount: 0 },
    { fileName: 'stocks.csv', status: 'COMPLETED', valuesStored: 560, faultCount: 0 },
    { fileName: 'aapl.csv', status: 'COMPLETED', valuesStored: 1_260, faultCount: 0 },
  ]);
  const rows = await sql`
    select symbol, count(*)::int as days, min(business_date) as first, max(close) as highest
    from published.daily_closes group by symbol order by symbol`;
  expect(rows.map((row) => ({ ...row, highest: formatDecimal(row['highest']) }))).toEqual([
    { symbol: 'AAPL', days: 1_260, first: '2013-05-13', highest: expect.any(String) },
    { symbol: 'SP500', days: 5_105, first: '2000-01-03', highest: expect.any(String) },
  ]);
  const [monthly] = await sql`
    select count(*)::int as instruments, sum(bar_count)::int as bars
    from market_data.price_series where interval = 'MONTH_1'`;
  expect(monthly).toEqual({ instruments: 5, bars: 560 });
});

test('a platform that has instruments is left alone', async () => {
  expect(await importSampleData(history, findSampleData())).toEqual([]);
});

test('an import of samples that was cut off goes on at the next start', async () => {
  await sql`update market_data.import_run set status = 'FAILED' where file_name = 'aapl.csv'`;
  const runs = await importSampleData(history, findSampleData());
  expect(runs.map(({ valuesStored }) => valuesStored)).toEqual([0, 0, 0]);
  expect(await importSampleData(history, findSampleData())).toEqual([]);
});
