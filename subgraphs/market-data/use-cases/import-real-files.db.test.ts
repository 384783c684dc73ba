import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { systemClock } from '#platform/clock';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { parseSymbol } from '../domain/instrument.ts';
import { buildHistory } from '../main.ts';
import { findFxRate } from './find-fx-rate.ts';
import { importFx } from './import-fx.ts';
import { importSessions } from './import-sessions.ts';
import { importInstruments } from './import-instruments.ts';
import { importPrices } from './import-prices.ts';

// Real prices lie beside the repository on development machines; they are not ours to ship.
const DATA = new URL('../../../../shared/data/', import.meta.url);
const dataFile = (name: string) => fileURLToPath(new URL(name, DATA));
const hasData = existsSync(DATA);
const IMPORT_LIMIT_MS = 60_000;

let database: TestDatabase;
let sql: Sql;
let history: ReturnType<typeof buildHistory>;

beforeAll(async () => {
  if (!hasData) return;
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'real-files-test' });
  history = buildHistory({ sql, clock: systemClock });
});
afterAll(async () => {
  if (!hasData) return;
  await sql.end();
  await database.drop();
});

const closeOn = async (symbol: string, day: string) => {
  const [row] = await sql`
    select close from published.daily_closes where symbol = ${symbol} and business_date = ${day}`;
  return row && formatDecimal(row.close);
};

describe.skipIf(!hasData)('MD-2 the real files (skipped without ../shared/data)', () => {
  test(
    'the 505 stocks: every row but the twelve whose prices contradict each other',
    async () => {
      const file = dataFile('prices/sp500_505stocks_ohlcv_2013_2018.csv.gz');
      const run = await importPrices(history, { file });
      expect(run).toMatchObject({
        status: 'COMPLETED',
        source: 'sp500_505stocks_ohlcv',
        rowsRead: 619_040,
        valuesStored: 619_028,
        faultCount: 12,
      });
      expect(run.faults[0]).toEqual({
        line: 53_004,
        column: null,
        reason: 'AOS: expected low <= high, was 23.85 > 23.595',
      });
      const [counts] = await sql`
        select count(*)::int as series, count(*) filter (where bar_count = 1259)::int as whole
        from market_data.price_series where is_preferred`;
      // 470 names have all 1,259 days in the file; seven of them lost a row to the faults.
      expect(counts).toEqual({ series: 505, whole: 463 });
      expect(await closeOn('AAL', '2013-02-08')).toBe('14.75');
      expect(await closeOn('LNT', '2016-05-19')).toBeUndefined();
      const [missing] = await sql`
        select count(*) filter (where open is null)::int as opens,
          count(*) filter (where high is null)::int as highs,
          count(*) filter (where volume = 0)::int as quiet
        from market_data.price_bar`;
      expect(missing).toEqual({ opens: 11, highs: 8, quiet: 4 });
    },
    IMPORT_LIMIT_MS,
  );

  test('the 28-year file: six decimals kept, empty cells at its start no faults', async () => {
    const file = dataFile('prices/us20_adjclose_1989_2018.csv.gz');
    const run = await importPrices(history, { file });
    expect(run).toMatchObject({
      rowsRead: 7_126,
      valuesStored: 7_126 * 20 - 35_589,
      faultCount: 0,
      source: 'us20_adjclose',
    });
    // AAPL is in both: this one reaches further, and is adjusted.
    expect(await closeOn('AAPL', '1989-12-29')).toBe('0.117203');
    const [apple] = await sql`
      select source, is_adjusted, first_date from market_data.price_series
      where instrument_id = 'ins_AAPL' and is_preferred`;
    expect(apple).toEqual({ source: 'us20_adjclose', is_adjusted: true, first_date: '1989-12-29' });
    expect(await importPrices(history, { file })).toMatchObject({
      valuesStored: 0,
      valuesUnchanged: 106_931,
    });
  });

  test('the sectors: 503 members, names and sectors for stocks known by prices', async () => {
    const file = dataFile('reference/sp500_constituents_gics.csv');
    expect(await importInstruments(history, { file })).toMatchObject({
      rowsRead: 503,
      valuesStored: 503,
      faultCount: 0,
    });
    const [mmm] = await sql`select name, sector from published.instruments where symbol = 'MMM'`;
    expect(mmm).toEqual({ name: '3M', sector: 'Industrials' });
    const [priced] = await sql`
      select count(*)::int as count from published.instruments
      where sector is not null and instrument_id in (
        select instrument_id from market_data.price_series
        where source = 'sp500_505stocks_ohlcv')`;
    expect(priced?.count).toBe(355);
    expect(await importInstruments(history, { file })).toMatchObject({ valuesStored: 0 });
  });

  test('the volatility index and the treasury curve: symbol given, zero taken', async () => {
    const vix = await importPrices(history, {
      file: dataFile('prices/vix_daily_1990_2026.csv.gz'),
      symbol: parseSymbol('VIX'),
      assetClass: 'INDEX',
    });
    // 47 rows open outside their own high and low, such as 1992-02-11 (line 535).
    expect(vix).toMatchObject({
      status: 'COMPLETED',
      rowsRead: 9_235,
      valuesStored: 9_235 - 47,
      faultCount: 47,
    });
    expect(vix.faults[0]).toMatchObject({
      line: 535,
      reason: 'VIX: expected open <= high, was 19.24 > 18.57',
    });
    const curve = await importPrices(history, {
      file: dataFile('prices/us_treasury_curve_daily_1990.csv.gz'),
      assetClass: 'INDEX',
    });
    expect(curve).toMatchObject({ status: 'COMPLETED', rowsRead: 6_816, faultCount: 0 });
    expect(await closeOn('3MONTH', '1990-01-02')).toBe('0.0783');
  });
});

describe.skipIf(!hasData)('MD-2 real exchange calendars (skipped without ../shared/data)', () => {
  test('come whole, and know holidays, early closes and lunch', async () => {
    const file = dataFile('calendars/xnys_sessions.csv.gz');
    const run = await importSessions(history, { file });
    expect(run).toMatchObject({ status: 'COMPLETED', kind: 'SESSIONS', faultCount: 0 });
    expect(run.valuesStored).toBe(run.rowsRead);
    expect(await importSessions(history, { file })).toMatchObject({ valuesStored: 0 });
    await importSessions(history, { file: dataFile('calendars/xtks_sessions.csv.gz') });
    const rows = await sql`
      select mic, session_date::text as day, closes_at - opens_at as open,
        break_end - break_start as lunch
      from published.exchange_sessions
      where session_date between '2022-11-23' and '2022-11-25' order by mic, session_date`;
    // Thanksgiving in New York, an early close after it; Labor Thanksgiving in Tokyo.
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { mic: 'XNYS', day: '2022-11-23', open: '06:30:00', lunch: null },
      { mic: 'XNYS', day: '2022-11-25', open: '03:30:00', lunch: null },
      { mic: 'XTKS', day: '2022-11-24', open: '06:00:00', lunch: '01:00:00' },
      { mic: 'XTKS', day: '2022-11-25', open: '06:00:00', lunch: '01:00:00' },
    ]);
  });
});

describe.skipIf(!hasData)('MD-2 the real reference rates (skipped without ../shared/data)', () => {
  test('come whole, and again without a change', async () => {
    const file = dataFile('fx/ecb_eurofxref_daily_1999_2026.csv.gz');
    const run = await importFx(history, { file });
    expect(run).toMatchObject({ status: 'COMPLETED', rowsRead: 6_983, faultCount: 0 });
    expect(await importFx(history, { file })).toMatchObject({
      valuesStored: 0,
      valuesUnchanged: run.valuesStored,
    });
  });

  const rate = async (pair: string, day: string | null) => {
    const [base = '', quote = ''] = pair.split('/');
    const asOf = day === null ? null : businessDate(day);
    const found = await findFxRate(history, { base, quote, asOf });
    if (found === null) return null;
    const carried = found.isCarriedForward ? ' carried' : '';
    return `${formatDecimal(found.rate)} of ${found.fixedOn}${carried}`;
  };

  // Fixings as the file shows them; quotients by Python's decimal at 40 digits, half-even.
  test.each([
    ['EUR/USD', '2026-04-13', '1.1684 of 2026-04-13'],
    ['eur/usd', null, '1.1684 of 2026-04-13 carried'],
    ['USD/EUR', '2026-04-13', '0.85587128 of 2026-04-13'],
    ['USD/JPY', '2026-04-13', '159.83396097 of 2026-04-13'],
    ['EUR/USD', '1999-01-04', '1.1789 of 1999-01-04'],
    ['EUR/USD', '2026-04-12', '1.1711 of 2026-04-10 carried'],
    ['EUR/USD', '1999-01-03', null],
    ['EUR/RUB', '2022-03-01', '117.201 of 2022-03-01'],
    ['EUR/RUB', '2022-03-08', '117.201 of 2022-03-01 carried'],
    ['EUR/RUB', '2022-03-09', null],
    ['EUR/RUB', null, null],
    ['USD/XXX', '2026-04-13', null],
  ])('%s on %s is %s', async (pair, day, expected) => {
    expect(await rate(pair, day)).toBe(expected);
  });

  test('are published per euro, without the euro itself', async () => {
    const rows = await sql`
      select currency, units_per_eur::text from published.fx_rates
      where business_date = '2026-04-13' and currency in ('USD', 'EUR', 'JPY') order by 1`;
    expect([...rows]).toEqual([
      { currency: 'JPY', units_per_eur: '186.75000000' },
      { currency: 'USD', units_per_eur: '1.16840000' },
    ]);
  });
});
