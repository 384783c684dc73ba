import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '#platform/postgres';
import type { PlatformParts } from '#platform/subgraph';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { buildMarketData } from '../main.ts';

let database: TestDatabase;
let sql: Sql;
let operations: SubgraphClient;
let viewer: SubgraphClient;
let stranger: SubgraphClient;

const UPSERT = /* GraphQL */ `
  mutation ($instruments: [InstrumentInput!]!) {
    upsertInstruments(input: { instruments: $instruments }) {
      instruments {
        id
        symbol
        name
        assetClass
        currency
        sector
        isin
      }
      rejected {
        index
        reason
      }
    }
  }
`;
const SYMBOLS = /* GraphQL */ `
  query ($filter: InstrumentFilter, $first: Int, $after: String) {
    instruments(filter: $filter, first: $first, after: $after) {
      edges {
        node {
          symbol
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'instruments-test' });
  const subgraph = buildMarketData({ sql } as PlatformParts);
  operations = clientOf(subgraph, 'operations');
  viewer = clientOf(subgraph, 'viewer');
  stranger = clientOf(subgraph);
  await operations.data(UPSERT, {
    instruments: [
      { symbol: 'aapl', name: 'Apple', sector: 'Information Technology', isin: 'US0378331005' },
      { symbol: 'KO', name: 'Coca-Cola', sector: 'Consumer Staples' },
      { symbol: 'SPY', name: '100% of_the market', assetClass: 'FUND' },
    ],
  });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

describe('MD-5 instruments', () => {
  test('are found by symbol in any case, and null is the answer for an unknown one', async () => {
    const found = await viewer.data(`{
      apple: instrument(symbol: "Aapl") { id symbol name assetClass currency isin mic }
      none: instrument(symbol: "NOPE") { id }
      noSymbol: instrument(symbol: "' or 1=1 --") { id }
    }`);
    expect(found).toEqual({
      apple: {
        id: 'ins_AAPL',
        symbol: 'AAPL',
        name: 'Apple',
        assetClass: 'EQUITY',
        currency: 'USD',
        isin: 'US0378331005',
        mic: null,
      },
      none: null,
      noSymbol: null,
    });
  });

  test('resolve as entities for the other subgraphs, an unknown id as null', async () => {
    const found = await viewer.data(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Instrument { symbol } } }`,
      { of: ['ins_KO', 'ins_NOPE', 'ins_AAPL'].map((id) => ({ __typename: 'Instrument', id })) },
    );
    expect(found).toEqual({ _entities: [{ symbol: 'KO' }, null, { symbol: 'AAPL' }] });
  });

  test('come in pages in order of symbol', async () => {
    const first = await viewer.data(SYMBOLS, { first: 2 });
    expect(first).toMatchObject({
      instruments: {
        edges: [{ node: { symbol: 'AAPL' } }, { node: { symbol: 'KO' } }],
        pageInfo: { hasNextPage: true },
      },
    });
    const { instruments } = first as { instruments: { pageInfo: { endCursor: string } } };
    expect(
      await viewer.data(SYMBOLS, { first: 2, after: instruments.pageInfo.endCursor }),
    ).toMatchObject({
      instruments: { edges: [{ node: { symbol: 'SPY' } }], pageInfo: { hasNextPage: false } },
    });
  });

  test.each([
    [{ symbols: ['ko', 'NOPE', 'not a symbol'] }, ['KO']],
    [{ symbols: [] }, []],
    [{ assetClass: 'FUND' }, ['SPY']],
    [{ sector: 'Consumer Staples' }, ['KO']],
    [{ search: 'COCA' }, ['KO']],
    [{ search: 'a' }, ['AAPL', 'KO', 'SPY']],
    [{ search: '0%' }, ['SPY']],
    [{ search: 'f_t' }, ['SPY']],
    [{ assetClass: 'FUND', search: 'apple' }, []],
  ])('filtered by %j are %j', async (filter, symbols) => {
    expect(await viewer.data(SYMBOLS, { filter })).toMatchObject({
      instruments: { edges: symbols.map((symbol) => ({ node: { symbol } })) },
    });
  });

  test('change by symbol and keep their id and what was left out', async () => {
    const renamed = { symbol: 'KO', name: 'The Coca-Cola Company' };
    await operations.data(UPSERT, { instruments: [renamed] });
    expect(await viewer.data(`{ instrument(symbol: "KO") { id name sector } }`)).toEqual({
      instrument: { id: 'ins_KO', name: 'The Coca-Cola Company', sector: 'Consumer Staples' },
    });
  });

  test('are stored all or none, with every fault listed', async () => {
    const answer = await operations.data(UPSERT, {
      instruments: [
        { symbol: 'NEW' },
        { symbol: 'AAPL', isin: 'US0378331006' },
        { symbol: 'a b', currency: 'dollar' },
      ],
    });
    expect(answer).toMatchObject({
      upsertInstruments: { instruments: [], rejected: [{ index: 1 }, { index: 2 }] },
    });
    expect(await viewer.data(`{ instrument(symbol: "NEW") { id } }`)).toEqual({ instrument: null });
  });

  test('beyond 1,000 in one call are refused with the limit named', async () => {
    const instruments = Array.from({ length: 1_001 }, (_, index) => ({ symbol: `S${index}` }));
    const { errors } = await operations.result(UPSERT, { instruments });
    expect(errors?.[0]?.message).toBe('expected at most 1000 instruments, was 1001');
  });

  test('need the scope: a viewer may read, and not change; a stranger may nothing', async () => {
    const read = `{ instrument(symbol: "KO") { id } }`;
    const change = await viewer.result(UPSERT, { instruments: [{ symbol: 'KO' }] });
    expect(change.errors?.[0]?.message).toMatch(/needs the scope market-data:manage/);
    expect((await stranger.result(read)).errors?.[0]?.message).toMatch(/needs a token/);
  });

  test('are not found by a symbol with blanks around it, as nowhere on the platform', async () => {
    const query = `{ instrument(symbol: " KO ") { id } instruments(filter: { symbols: ["KO "] }) {
      edges { cursor } } }`;
    expect(await viewer.data(query)).toEqual({ instrument: null, instruments: { edges: [] } });
  });

  test('are published to the other subgraphs', async () => {
    const rows = await sql`select * from published.instruments where symbol = 'SPY'`;
    expect([...rows]).toEqual([
      {
        instrument_id: 'ins_SPY',
        symbol: 'SPY',
        name: '100% of_the market',
        asset_class: 'FUND',
        currency: 'USD',
        sector: null,
        mic: null,
      },
    ]);
  });
});
