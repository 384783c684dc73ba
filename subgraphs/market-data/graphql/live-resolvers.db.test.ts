import { createSourceEventStream, execute, parse } from 'graphql';
import { Registry } from 'prom-client';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import type { PlatformParts, Subgraph } from '#platform/subgraph';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  clientOf,
  identityOf,
  requestOf,
  type SubgraphClient,
} from '../../../test/support/subgraph-client.ts';
import { buildMarketData } from '../main.ts';

let database: TestDatabase;
let sql: Sql;
let subgraph: Subgraph;
let feed: SubgraphClient;
let viewer: SubgraphClient;

const INGEST = /* GraphQL */ `
  mutation ($ticks: [TickInput!]!) {
    ingestTicks(input: { ticks: $ticks }) {
      accepted
      rejected {
        index
        rule
        reason
      }
      quarantined {
        index
        rule
        reason
      }
    }
  }
`;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'live-resolvers-test' });
  let ids = 0;
  subgraph = buildMarketData({
    sql,
    broadcast: createInProcessBroadcast({ logger: silentLogger }),
    cache: createInProcessCache(),
    clock: systemClock,
    logger: silentLogger,
    metrics: new Registry(),
    newId: () => `held-${++ids}`,
    config: { feed: { kind: 'none' }, importsSampleData: false },
  } as unknown as PlatformParts);
  await subgraph.start();
  feed = clientOf(subgraph, 'feed');
  viewer = clientOf(subgraph, 'viewer');
  await feed.data(/* GraphQL */ `
    mutation {
      upsertInstruments(input: { instruments: [{ symbol: "ACME" }, { symbol: "GLOBEX" }] }) {
        rejected {
          reason
        }
      }
    }
  `);
});
afterAll(async () => {
  await subgraph.stop();
  await sql.end();
  await database.drop();
});

const now = () => new Date().toISOString();
const tick = (symbol: string, price: string, more: object = {}) => ({
  symbol,
  price,
  eventTime: now(),
  ...more,
});

async function subscribe(document: string, ...roles: Parameters<typeof identityOf>[0]) {
  const contextValue = subgraph.createContext(requestOf(identityOf(roles)));
  const { schema } = subgraph;
  const stream = await createSourceEventStream({ schema, document: parse(document), contextValue });
  if (!(Symbol.asyncIterator in stream)) throw stream.errors?.[0] ?? new Error('no stream');
  const events = stream[Symbol.asyncIterator]();
  return {
    async next(): Promise<unknown> {
      const { value } = await events.next();
      const document_ = parse(document);
      const answer = await execute({ schema, document: document_, rootValue: value, contextValue });
      return answer.errors ?? answer.data;
    },
    stop: () => events.return?.(),
  };
}

describe('MD-3 ingestTicks', () => {
  test('answers with what became of each tick; the price is there afterwards', async () => {
    const ticks = [
      tick('acme', '187.50', { bid: '187.49', ask: '187.51', source: 'desk' }),
      tick('ACME', '0'),
      tick('NOPE', '1'),
      tick('ACME', '187.5', { currency: 'EUR' }),
      tick('ACME', '187.5', { bid: '2', ask: '1' }),
    ];
    expect(await feed.data(INGEST, { ticks })).toEqual({
      ingestTicks: {
        accepted: 1,
        rejected: [
          { index: 1, rule: 'NOT_POSITIVE', reason: 'expected a price above zero, was 0' },
          {
            index: 2,
            rule: 'UNKNOWN_SYMBOL',
            reason: 'expected the symbol of a known instrument, was "NOPE"',
          },
          {
            index: 3,
            rule: 'CURRENCY_OR_UNIT',
            reason: 'expected a price in USD, was in EUR',
          },
        ],
        quarantined: [
          {
            index: 4,
            rule: 'CROSSED_QUOTE',
            reason: 'expected bid below ask, bid 2 is above ask 1',
          },
        ],
      },
    });
    const latest = await viewer.data(
      '{ instrument(symbol: "ACME") { latestPrice { value bid ask source quality currency } } }',
    );
    expect(latest).toEqual({
      instrument: {
        latestPrice: {
          value: '187.5',
          bid: '187.49',
          ask: '187.51',
          source: 'desk',
          quality: 'GOOD',
          currency: 'USD',
        },
      },
    });
  });

  test('lists what is held, newest first, in pages', async () => {
    const locked = [tick('GLOBEX', '5', { bid: '5', ask: '5' })];
    await feed.data(INGEST, { ticks: locked });
    const page = (after: string | null) =>
      viewer.data(
        `query ($after: String) {
          quarantinedTicks(first: 1, after: $after) {
            edges { node { symbol price bid ask rule status source } }
            pageInfo { hasNextPage endCursor }
          }
        }`,
        { after },
      ) as Promise<{ quarantinedTicks: { edges: unknown[]; pageInfo: { endCursor: string } } }>;
    const first = await page(null);
    expect(first.quarantinedTicks.edges).toMatchObject([
      { node: { symbol: 'GLOBEX', rule: 'CROSSED_QUOTE', status: 'HELD', source: 'feed' } },
    ]);
    const second = await page(first.quarantinedTicks.pageInfo.endCursor);
    expect(second.quarantinedTicks).toMatchObject({
      edges: [{ node: { symbol: 'ACME' } }],
      pageInfo: { hasNextPage: false },
    });
    const none = await viewer.data('{ quarantinedTicks(symbol: "nope") { edges { cursor } } }');
    expect(none).toEqual({ quarantinedTicks: { edges: [] } });
  });

  test('refuses more than 1,000 ticks, unreadable numbers, and roles that may not', async () => {
    const many = Array.from({ length: 1_001 }, () => tick('ACME', '1'));
    const { errors } = await feed.result(INGEST, { ticks: many });
    expect(errors?.[0]?.message).toBe('ticks: expected at most 1000, was 1001');
    for (const price of ['NaN', '1e400', 'Infinity']) {
      const answer = await feed.result(INGEST, { ticks: [tick('ACME', price)] });
      expect(answer.errors?.[0]?.message).toContain('Decimal: expected');
    }
    const refused = await viewer.result(INGEST, { ticks: [tick('ACME', '1')] });
    expect(refused.errors?.[0]).toMatchObject({ message: expect.stringContaining('ingest') });
  });
});

describe('MD-6 price subscriptions', () => {
  test('priceTicks sends each accepted tick, with its instrument', async () => {
    const ticks = await subscribe(
      `subscription { priceTicks(symbols: ["globex"]) {
        symbol price bid size sequence quality eventTime instrument { id symbol } } }`,
      'viewer',
    );
    const named = await subscribe(
      'subscription { priceTicks(symbols: ["GLOBEX"]) { instrument { id name currency } } }',
      'viewer',
    );
    await feed.data(INGEST, { ticks: [tick('GLOBEX', '6', { size: '10' })] });
    expect(await ticks.next()).toMatchObject({
      priceTicks: {
        symbol: 'GLOBEX',
        price: '6',
        bid: null,
        size: '10',
        quality: 'GOOD',
        instrument: { id: 'ins_GLOBEX', symbol: 'GLOBEX' },
      },
    });
    expect(await named.next()).toEqual({
      priceTicks: { instrument: { id: 'ins_GLOBEX', name: 'GLOBEX', currency: 'USD' } },
    });
    await ticks.stop();
    await named.stop();
  });

  test('latestPrices starts with the last known and then sends what moved', async () => {
    await feed.data(INGEST, { ticks: [tick('GLOBEX', '6')] });
    const prices = await subscribe(
      `subscription { latestPrices(symbols: ["GLOBEX", "NOPE"], windowMs: 20) { symbol price } }`,
      'viewer',
    );
    expect(await prices.next()).toEqual({ latestPrices: [{ symbol: 'GLOBEX', price: '6' }] });
    await feed.data(INGEST, { ticks: [tick('GLOBEX', '6.01'), tick('GLOBEX', '6.02')] });
    expect(await prices.next()).toEqual({ latestPrices: [{ symbol: 'GLOBEX', price: '6.02' }] });
    await prices.stop();
  });

  test('refuses a window or a number of symbols out of range', async () => {
    const wrong = [
      'subscription { latestPrices(symbols: ["A"], windowMs: 1) { symbol } }',
      'subscription { priceTicks(symbols: []) { symbol } }',
    ];
    for (const document of wrong) {
      await expect(subscribe(document, 'viewer')).rejects.toThrow('expected');
    }
  });
});
