import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { parseSymbol } from '../domain/instrument.ts';
import { buildHistory } from '../main.ts';
import { importPrices, type ImportPricesDeps, type ImportPricesOrder } from './import-prices.ts';

let database: TestDatabase;
let sql: Sql;
let deps: ImportPricesDeps;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-import-'));
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'import-test' });
  deps = buildHistory({ sql, clock: fixedClock(Date.parse('2026-11-20T12:00:00Z')) });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function importText(
  name: string,
  text: string | Uint8Array,
  order: Partial<ImportPricesOrder> = {},
) {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return importPrices(deps, { file, ...order });
}

const barsOf = async (symbol: string, source: string) => {
  const rows = await sql`
    select b.business_date, b.open, b.high, b.low, b.close, b.volume, b.revision
    from market_data.price_bar b
    join market_data.price_series s using (series_id)
    join market_data.instrument i using (instrument_id)
    where i.symbol = ${symbol} and s.source = ${source} order by b.business_date`;
  return rows.map((row) => ({ ...row }));
};

const closesOf = async (symbol: string) => {
  const rows = await sql`
    select business_date, close, source from published.daily_closes
    where symbol = ${symbol} order by business_date`;
  return rows.map((row) => [row.business_date, row.close, row.source]);
};

describe('MD-2 a wide file', () => {
  const WIDE = 'date,AAA,sp500_index\n2020-01-02,0.117203,3257.85\n2020-01-03,,3234.85\n';

  test('becomes one series of closes a column, with all its decimals', async () => {
    const run = await importText('wide_adjclose_2020_2021.csv', WIDE);
    expect(run).toMatchObject({
      status: 'COMPLETED',
      source: 'wide_adjclose',
      rowsRead: 2,
      valuesStored: 3,
      valuesUnchanged: 0,
      faultCount: 0,
    });
    expect(await barsOf('AAA', 'wide_adjclose')).toEqual([
      {
        business_date: '2020-01-02',
        open: null,
        high: null,
        low: null,
        close: 11_720_300n,
        volume: null,
        revision: 1,
      },
    ]);
    expect(await barsOf('SP500-INDEX', 'wide_adjclose')).toHaveLength(2);
  });

  test('changes nothing when it comes again', async () => {
    const before = await sql`select * from market_data.price_bar order by 1, 2`;
    const again = await importText('wide_adjclose_2020_2021.csv', WIDE);
    expect(again).toMatchObject({ valuesStored: 0, valuesUnchanged: 3, faultCount: 0 });
    expect(await sql`select * from market_data.price_bar order by 1, 2`).toEqual(before);
  });

  test('with bad columns and cells keeps the good ones and names the bad', async () => {
    const run = await importText(
      'bad.csv',
      'date,BBB,B$D,bbb,CCC,\n' +
        '2020-01-02,1.5,1,1,NaN,\n' +
        '2020-01-32,1,1,1,1,\n' +
        '2020-01-03,1.6,1\n' +
        '2020-01-06,1e400,1,1,-2,\n' +
        '2020-01-07,0,1,1,3.00,\n' +
        '2020-01-02,9,1,1,9,\n',
    );
    expect(run).toMatchObject({ status: 'COMPLETED', rowsRead: 6, valuesStored: 3 });
    expect(run.faults.map(({ line, column, reason }) => `${line} ${column}: ${reason}`)).toEqual([
      '1 B$D: expected a symbol as its name, was "B$D"',
      '1 bbb: expected each symbol once, BBB came before',
      '2 CCC: expected a plain decimal such as "187.50", was "NaN"',
      '3 null: expected a day from 1900-01-01 to 2099-12-31, was "2020-01-32"',
      '4 null: expected 6 columns, was 3',
      '5 BBB: expected a plain decimal such as "187.50", was "1e400"',
      '5 CCC: close: expected above 0, was -2',
      '6 BBB: close: expected above 0, was 0',
      '7 null: expected one row for BBB on 2020-01-02, one came before',
    ]);
    expect(run.faultCount).toBe(9);
    expect(await closesOf('CCC')).toEqual([
      ['2020-01-02', 900_000_000n, 'bad'],
      ['2020-01-07', 300_000_000n, 'bad'],
    ]);
  });
});

describe('MD-2 a long file', () => {
  test('becomes bars with all fields, and a broken row does not stop the rest', async () => {
    const run = await importText(
      'long.csv.gz',
      gzipSync(
        '\uFEFFdate,open,high,low,close,volume,Name\r\n' +
          '2020-01-02,10,11,9.5,10.5,1200,DDD\r\n' +
          '2020-01-03,,11,9,10,0,DDD\r\n' +
          '"2020-01-06,10,11,9,10,5,DDD\r\n' +
          '2020-01-07,10,11,10.5,10.7,5,DDD\r\n' +
          '"2020-01-08","10","11","9","10.25","5","DDD"\r\n',
      ),
    );
    expect(run).toMatchObject({ status: 'COMPLETED', rowsRead: 5, valuesStored: 3 });
    expect(run.faults).toEqual([
      { line: 4, column: null, reason: 'expected quotes to open and close within one cell' },
      { line: 5, column: null, reason: 'DDD: expected open >= low, was 10 < 10.5' },
    ]);
    expect(await barsOf('DDD', 'long')).toEqual([
      expect.objectContaining({
        open: 1_000_000_000n,
        high: 1_100_000_000n,
        low: 950_000_000n,
        close: 1_050_000_000n,
        volume: 120_000_000_000n,
      }),
      expect.objectContaining({ open: null, volume: 0n }),
      expect.objectContaining({ business_date: '2020-01-08', close: 1_025_000_000n }),
    ]);
  });

  test('without a symbol column takes the symbol that the user names', async () => {
    const text = 'DATE,OPEN,HIGH,LOW,CLOSE\n1990-01-02,17.24,17.24,17.24,17.24\n';
    const symbol = parseSymbol('vix');
    expect(await importText('vix_daily_1990_2026.csv', text)).toMatchObject({
      status: 'FAILED',
      failure: 'expected a column "symbol" or "Name": name the symbol yourself',
    });
    const run = await importText('vix_daily_1990_2026.csv', text, { symbol, assetClass: 'INDEX' });
    expect(run).toMatchObject({ status: 'COMPLETED', valuesStored: 1 });
    const [vix] = await sql`select asset_class from published.instruments where symbol = 'VIX'`;
    expect(vix?.asset_class).toBe('INDEX');
  });

  test('keeps the first hundred faults and counts the rest', async () => {
    const rows = Array.from({ length: 250 }, () => 'not a day,1');
    const run = await importText('faulty.csv', ['date,EEE', ...rows].join('\n'));
    expect(run).toMatchObject({ status: 'COMPLETED', faultCount: 250, rowsRead: 250 });
    expect(run.faults).toHaveLength(100);
  });
});

describe('MD-2 a value that changed', () => {
  test('becomes a new revision, and the former value stays in the history', async () => {
    await importText('rev.csv', 'date,REV\n2020-01-02,1.5\n2020-01-03,2\n', { source: 'rev' });
    const run = await importText('rev.csv', 'date,REV\n2020-01-02,1.25\n2020-01-03,2\n');
    expect(run).toMatchObject({ valuesStored: 1, valuesUnchanged: 1 });
    expect(await barsOf('REV', 'rev')).toMatchObject([
      { close: 125_000_000n, revision: 2 },
      { close: 200_000_000n, revision: 1 },
    ]);
    const former = await sql`
      select h.close, h.revision, h.replaced_at >= h.recorded_at as in_order
      from market_data.price_bar_history h
      join market_data.price_series s using (series_id)
      where s.instrument_id = 'ins_REV'`;
    expect([...former]).toEqual([{ close: 150_000_000n, revision: 1, in_order: true }]);
  });
});

describe('MD-4 series of different sources', () => {
  test('are never mixed: the one that reaches furthest shows until a person chooses', async () => {
    await importText('x.csv', 'date,MIX\n2020-01-02,1\n2020-01-03,2\n', { source: 'older' });
    await importText('x.csv', 'date,MIX\n2020-01-03,20\n2020-01-06,30\n', { source: 'newer' });
    const newer = [
      ['2020-01-03', 2_000_000_000n, 'newer'],
      ['2020-01-06', 3_000_000_000n, 'newer'],
    ];
    const older = [
      ['2020-01-02', 100_000_000n, 'older'],
      ['2020-01-03', 200_000_000n, 'older'],
    ];
    expect(await closesOf('MIX')).toEqual(newer);

    const [mix] = (await deps.instruments.bySymbols([parseSymbol('MIX') ?? never()])).values();
    const id = mix?.id ?? never();
    expect(await deps.priceSeries.choose(id, 'older', 'DAY_1')).toBe(true);
    expect(await closesOf('MIX')).toEqual(older);
    expect(await deps.priceSeries.choose(id, 'unknown', 'DAY_1')).toBe(false);
    expect(await closesOf('MIX')).toEqual(older);
  });

  test('of equal reach: the longer one is shown', async () => {
    await importText('x.csv', 'date,LEN\n2020-01-03,2\n', { source: 'short' });
    await importText('x.csv', 'date,LEN\n2020-01-02,10\n2020-01-03,20\n', { source: 'long' });
    expect((await closesOf('LEN')).map(([, , source]) => source)).toEqual(['long', 'long']);
  });

  test('monthly bars are no daily closes', async () => {
    const text = 'symbol,date,price\nMON,Jan 1 2000,39.81\nMON,Feb 1 2000,36.35\n';
    const run = await importText('months.csv', text, { interval: 'MONTH_1' });
    expect(run).toMatchObject({ valuesStored: 2, faultCount: 0 });
    expect(await closesOf('MON')).toEqual([]);
  });
});

describe('an import that cannot go on', () => {
  test.each([
    ['empty.csv', '', 'expected a header, the file is empty'],
    ['other.csv', 'a,b,c\n1,2,3\n', 'expected a column "date", the header was "a,b,c"'],
    ['bare.csv', 'date\n2020-01-02\n', 'expected a price column beside the date'],
    ['no.csv.gz', 'date,A\n', 'no.csv.gz: expected gzip, the content is something else or damaged'],
  ])('%s is FAILED with its reason', async (name, text, failure) => {
    expect(await importText(name, text)).toMatchObject({ status: 'FAILED', failure });
  });

  test('of a gzip file cut short keeps what came before, and goes on when run again', async () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => `${day(index)},${index + 1}.123`);
    const whole = gzipSync(['date,CUT', ...rows].join('\n'));
    const cut = await importText('cut.csv.gz', whole.subarray(0, whole.length / 2));
    expect(cut).toMatchObject({ status: 'FAILED', failure: 'cut.csv.gz: the file is cut short' });
    expect(cut.valuesStored).toBeGreaterThan(0);
    const again = await importText('cut.csv.gz', whole);
    expect(again).toMatchObject({ status: 'COMPLETED', valuesUnchanged: cut.valuesStored });
    expect(again.valuesStored + again.valuesUnchanged).toBe(3_000);
  });

  test('of a missing file is refused in a sentence before anything is recorded', async () => {
    const file = path.join(folder, 'nowhere.csv');
    const sentence = `There is no readable file ${file}.`;
    await expect(importPrices(deps, { file })).rejects.toThrow(sentence);
    await expect(importPrices(deps, { file: folder })).rejects.toThrow('is not a file.');
  });
});

const day = (index: number) => new Date(Date.UTC(2000, 0, 1 + index)).toISOString().slice(0, 10);

function never(): never {
  throw new Error('expected to be there');
}
