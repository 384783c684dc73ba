import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import { openPool } from '#platform/postgres';
import type { PlatformParts } from '#platform/subgraph';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { parseSymbol } from '../domain/instrument.ts';
import { buildHistory, buildMarketData } from '../main.ts';
import { importFx } from '../use-cases/import-fx.ts';
import { importPrices, type ImportPricesOrder } from '../use-cases/import-prices.ts';

const clock = fixedClock(Date.parse('2026-11-20T12:00:00Z'));

let database: TestDatabase;
let sql: Sql;
let folder: string;
let statements = 0;
let operations: SubgraphClient;
let viewer: SubgraphClient;
let history: ReturnType<typeof buildHistory>;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-history-'));
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'history-test' });
  const counted = new Proxy(sql, {
    apply: (target, self, args) => {
      statements += 1;
      return Reflect.apply(target, self, args) as unknown;
    },
  });
  const parts: Partial<PlatformParts> = { sql: counted, clock };
  const subgraph = buildMarketData(parts as PlatformParts);
  viewer = clientOf(subgraph, 'viewer');
  operations = clientOf(subgraph, 'operations');
  history = buildHistory({ sql, clock });
  await importText('wide.csv', 'date,AAA,BBB\n2020-01-02,1.5,10\n2020-01-03,2.5,20\n');
  await importText('one.csv', 'date,open,high,low,close,volume\n2020-01-03,1,4,0.5,3,7\n', {
    source: 'vendor',
    symbol: parseSymbol('AAA'),
    isAdjusted: true,
  });
  await importText('bad.csv', 'date,CCC\n2020-01-02,x\n');
});
afterAll(async () => {
  await sql.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function importText(name: string, text: string, order: Partial<ImportPricesOrder> = {}) {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return importPrices(history, { file, ...order });
}

const BARS = /* GraphQL */ `
  query ($symbol: String!, $from: Date, $to: Date, $first: Int, $after: String) {
    instrument(symbol: $symbol) {
      bars(from: $from, to: $to, first: $first, after: $after) {
        edges {
          node {
            date
            close
            source
          }
          cursor
        }
        pageInfo {
          hasNextPage
        }
      }
    }
  }
`;

describe('MD-2 bars', () => {
  test('show all fields of the preferred source, decimals as text', async () => {
    await operations.data(CHOOSE, { input: { symbol: 'aaa', source: 'vendor' } });
    const answer = await viewer.data(`{ instrument(symbol: "AAA") { bars {
      edges { node { date start open high low close volume adjusted source } }
    } } }`);
    expect(answer).toEqual({
      instrument: {
        bars: {
          edges: [
            {
              node: {
                date: '2020-01-03',
                start: '2020-01-03T00:00:00.000Z',
                open: '1',
                high: '4',
                low: '0.5',
                close: '3',
                volume: '7',
                adjusted: true,
                source: 'vendor',
              },
            },
          ],
        },
      },
    });
  });

  test('come in pages and in a range of dates', async () => {
    const first = await viewer.data(BARS, { symbol: 'BBB', first: 1 });
    expect(first).toMatchObject({
      instrument: {
        bars: {
          edges: [{ node: { date: '2020-01-02', close: '10' } }],
          pageInfo: { hasNextPage: true },
        },
      },
    });
    const { instrument } = first as { instrument: { bars: { edges: { cursor: string }[] } } };
    const after = instrument.bars.edges[0]?.cursor;
    const rest = { edges: [{ node: { date: '2020-01-03' } }], pageInfo: { hasNextPage: false } };
    expect(await viewer.data(BARS, { symbol: 'BBB', first: 1, after })).toMatchObject({
      instrument: { bars: rest },
    });
    expect(await viewer.data(BARS, { symbol: 'BBB', from: '2020-01-03' })).toMatchObject({
      instrument: { bars: rest },
    });
    expect(await viewer.data(BARS, { symbol: 'BBB', to: '2020-01-01' })).toMatchObject({
      instrument: { bars: { edges: [] } },
    });
  });

  test.each([
    [{ first: 501 }, 'first: expected 1 to 500, was 501'],
    [{ after: btoa('["instruments","x"]') }, 'after: expected a cursor of this list, bars'],
    [{ after: btoa('["bars","x"]') }, 'after: expected a cursor of this list'],
  ])('with %j are refused', async (args, message) => {
    const { errors } = await viewer.result(BARS, { symbol: 'BBB', ...args });
    expect(errors?.[0]?.message).toBe(message);
  });

  test('of many instruments cost as many queries as those of one', async () => {
    const cost = async (symbols: readonly string[]) => {
      statements = 0;
      await viewer.data(
        `query ($symbols: [String!]) { instruments(filter: { symbols: $symbols }) { edges { node {
          bars { edges { node { close } } } priceSeries { source } latestPrice { value }
        } } } }`,
        { symbols },
      );
      return statements;
    };
    // One each for bars, series and newest bars.
    expect(await cost(['AAA'])).toBe(3);
    expect(await cost(['AAA', 'BBB'])).toBe(3);
  });
});

const CHOOSE = /* GraphQL */ `
  mutation ($input: ChoosePriceSourceInput!) {
    choosePriceSource(input: $input) {
      __typename
      ... on PriceSourceChosen {
        instrument {
          priceSeries {
            source
            interval
            preferred
            chosen
            firstDate
            lastDate
            barCount
          }
        }
      }
      ... on PriceSourceRefused {
        reason
        message
      }
    }
  }
`;

describe('MD-4 the source that readers see', () => {
  test('is chosen by a person, and the others stay beside it', async () => {
    const answer = await operations.data(CHOOSE, { input: { symbol: 'AAA', source: 'wide' } });
    const shown = { interval: 'DAY_1', lastDate: '2020-01-03', preferred: true, chosen: true };
    const hidden = { ...shown, preferred: false, chosen: false };
    expect(answer).toEqual({
      choosePriceSource: {
        __typename: 'PriceSourceChosen',
        instrument: {
          priceSeries: [
            { ...shown, source: 'wide', firstDate: '2020-01-02', barCount: 2 },
            { ...hidden, source: 'vendor', firstDate: '2020-01-03', barCount: 1 },
          ],
        },
      },
    });
    expect(await viewer.data(BARS, { symbol: 'AAA', first: 1 })).toMatchObject({
      instrument: { bars: { edges: [{ node: { close: '1.5', source: 'wide' } }] } },
    });
  });

  test.each([
    [{ symbol: 'NOPE', source: 'wide' }, 'UNKNOWN_SYMBOL', 'expected a known symbol, was "NOPE"'],
    [
      { symbol: 'BBB', source: 'vendor' },
      'UNKNOWN_SOURCE',
      'expected a source of BBB (wide), was "vendor"',
    ],
    [
      { symbol: 'BBB', source: 'wide', interval: 'MONTH_1' },
      'UNKNOWN_SOURCE',
      'expected a source of BBB (there are none), was "wide"',
    ],
  ])('%j is refused as %s', async (input, reason, message) => {
    expect(await operations.data(CHOOSE, { input })).toEqual({
      choosePriceSource: { __typename: 'PriceSourceRefused', reason, message },
    });
  });

  test('is not for viewers to choose', async () => {
    const { errors } = await viewer.result(CHOOSE, { input: { symbol: 'AAA', source: 'wide' } });
    expect(errors?.[0]?.message).toMatch(/needs the scope market-data:manage/);
  });
});

test('the latest price without a live one is the newest close, told to be stale', async () => {
  expect(
    await viewer.data(
      `{ instrument(symbol: "BBB") { latestPrice {
        value currency bid eventTime receivedAt source quality } } }`,
    ),
  ).toMatchObject({
    instrument: {
      latestPrice: {
        value: '20',
        currency: 'USD',
        bid: null,
        eventTime: '2020-01-03T00:00:00.000Z',
        receivedAt: expect.stringMatching(/^20\d\d-/),
        source: 'wide',
        quality: 'STALE',
      },
    },
  });
});

describe('MD-2 imports', () => {
  test('are listed newest first, with their faults and figures', async () => {
    const answer = await viewer.data(`{ imports(first: 2) {
      edges { node { kind fileName source status rowsRead valuesStored valuesUnchanged faultCount
        faults { line column reason } failure startedAt finishedAt } }
      pageInfo { hasNextPage } } }`);
    expect(answer).toMatchObject({
      imports: {
        edges: [
          {
            node: {
              kind: 'PRICES',
              fileName: 'bad.csv',
              source: 'bad',
              status: 'COMPLETED',
              rowsRead: 1,
              valuesStored: 0,
              valuesUnchanged: 0,
              faultCount: 1,
              faults: [{ line: 2, column: 'CCC', reason: expect.stringContaining('was "x"') }],
              failure: null,
              startedAt: '2026-11-20T12:00:00.000Z',
              finishedAt: '2026-11-20T12:00:00.000Z',
            },
          },
          { node: { fileName: 'one.csv', source: 'vendor', valuesStored: 1 } },
        ],
        pageInfo: { hasNextPage: true },
      },
    });
  });
});

describe('MD-2 exchange rates', () => {
  const RATE = /* GraphQL */ `
    query ($base: String!, $quote: String!, $asOf: Date) {
      fxRate(base: $base, quote: $quote, asOf: $asOf) {
        base
        quote
        rate
        fixedOn
        carriedForward
        triangulatedThrough
        source
      }
    }
  `;

  test('before any fixing are known only of a currency in itself', async () => {
    expect(await viewer.data(RATE, { base: 'usd', quote: 'USD' })).toMatchObject({
      fxRate: { rate: '1', fixedOn: '2026-11-20', source: 'identity' },
    });
    expect(await viewer.data(RATE, { base: 'EUR', quote: 'USD' })).toEqual({ fxRate: null });
    expect(await viewer.data(RATE, { base: 'XYZ', quote: 'XYZ' })).toEqual({ fxRate: null });
  });

  test('are triangulated through the euro and carried over days without a fixing', async () => {
    const file = path.join(folder, 'fx.csv');
    await writeFile(file, 'Date,USD,JPY,\n2026-04-13,1.1684,186.75,\n2026-04-10,1.1711,186.43,\n');
    expect(await importFx(history, { file })).toMatchObject({ valuesStored: 4, faultCount: 0 });
    const wish = { base: 'USD', quote: 'JPY', asOf: '2026-04-12' };
    expect(await viewer.data(RATE, wish)).toEqual({
      fxRate: {
        base: 'USD',
        quote: 'JPY',
        // 186.43 / 1.1711 by Python's decimal, half-even.
        rate: '159.19221245',
        fixedOn: '2026-04-10',
        carriedForward: true,
        triangulatedThrough: 'EUR',
        source: 'ECB',
      },
    });
  });

  test('without a day are the newest ones, and told to be carried when they are old', async () => {
    expect(await viewer.data(RATE, { base: 'EUR', quote: 'USD' })).toMatchObject({
      fxRate: { rate: '1.1684', fixedOn: '2026-04-13', carriedForward: true },
    });
  });

  test('of something that is no currency are refused', async () => {
    const { errors } = await viewer.result(RATE, { base: 'dollar$', quote: 'EUR' });
    expect(errors?.[0]?.message).toBe('base: expected a currency code such as USD, was "dollar$"');
  });
});
