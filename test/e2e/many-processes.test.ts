/**
 * The platform in many processes on Redis: the journey, and a rolling restart of every one of them
 * under a load that never stops.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followPositions, type PositionChange } from '../clients/follow-positions.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { demoToken } from '../support/demo-token.ts';
import { type GraphqlClient, graphqlClient } from '../support/graphql-client.ts';
import { constantLoad } from '../support/constant-load.ts';
import {
  type ManyProcesses,
  PROCESS_SUBGRAPHS,
  startManyProcesses,
} from '../support/many-processes.ts';
import { redisSkipReason, startRedis, type TestRedis } from '../support/redis-server.ts';

const START_LIMIT_MS = 300_000;
const ROLL_LIMIT_MS = 600_000;
const BOOK = 'MANY';

const EVERYTHING = `{
  instrument(symbol: "AAPL") { symbol latestPrice { value } }
  basket(code: "MANY") { code version { constituents { symbol instrument { name } } } }
  position(key: { bookId: "${BOOK}", accountId: "FUND", symbol: "AAPL" }) {
    quantity instrument { name }
  }
  orders(first: 1) { edges { node { id } } }
  portfolio(of: { bookIds: ["${BOOK}"] }) { holdings { symbol } }
}`;
const RECORD = `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) {
  results { __typename ... on TradeRecorded { duplicate } }
} }`;

describe.skipIf(redisSkipReason)('PL-3 PL-5 many processes', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let platform: ManyProcesses;
  let admin: GraphqlClient;
  let token = '';
  let trades = 0;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    const servers = { DATABASE_URL: database.ownerUrl, REDIS_URL: redis.url };
    platform = await startManyProcesses(servers);
    token = await demoToken(platform.environment, 'admin');
    admin = graphqlClient(platform.url, token);
  }, START_LIMIT_MS);
  afterAll(async () => {
    await admin.close();
    await platform.close();
    await redis.close();
    await database.drop();
  }, START_LIMIT_MS);

  /** Each counts one unit more; the same trade again would be a duplicate. */
  async function book(): Promise<void> {
    trades += 1;
    const effectiveDate = new Date().toISOString().slice(0, 10);
    const { recordTrades } = await admin.fetch<{ recordTrades: { results: object[] } }>(RECORD, {
      trades: [
        {
          tradeId: `many-${trades}`,
          bookId: BOOK,
          accountId: 'FUND',
          symbol: 'AAPL',
          side: 'BUY',
          quantity: '1',
          price: '187.5',
          effectiveDate,
        },
      ],
    });
    expect(recordTrades.results).toEqual([{ __typename: 'TradeRecorded', duplicate: false }]);
  }

  test('the journey: a price, a basket, a trade, and all of it in one answer', async () => {
    const { createBasket } = await admin.fetch<{ createBasket: object }>(`mutation {
      upsertInstruments(input: { instruments: [
        { symbol: "AAPL", name: "Apple Inc.", assetClass: EQUITY, currency: "USD" }
      ] }) { __typename }
      ingestTicks(input: { ticks: [
        { symbol: "AAPL", price: "187.5", eventTime: "${new Date().toISOString()}",
          source: "test", currency: "USD" }
      ] }) { accepted }
      createBasket(input: { code: "MANY", name: "One name", currency: "USD", weighting: FIXED,
        constituents: [{ symbol: "AAPL", weight: "1" }] }) { __typename }
    }`);
    expect(createBasket).toEqual({ __typename: 'BasketCommandAccepted' });
    await book();
    await expect
      .poll(() => admin.request(EVERYTHING))
      .toEqual({
        data: {
          instrument: { symbol: 'AAPL', latestPrice: { value: '187.5' } },
          basket: {
            code: 'MANY',
            version: { constituents: [{ symbol: 'AAPL', instrument: { name: 'Apple Inc.' } }] },
          },
          position: { quantity: '1', instrument: { name: 'Apple Inc.' } },
          orders: { edges: [] },
          portfolio: { holdings: [{ symbol: 'AAPL' }] },
        },
      });
  });

  test(
    'each process is replaced under load: no request fails, no change is missed',
    async () => {
      const seen: PositionChange[] = [];
      let end: unknown;
      const following = followPositions({
        url: platform.url,
        token: () => token,
        bookId: BOOK,
        after: null,
        onChange: (change) => seen.push(change),
        onEnd: (reason) => (end = reason),
      });
      await expect.poll(() => book().then(() => seen.length)).toBeGreaterThan(0);
      const first = seen[0]?.position.version ?? 0;
      const load = constantLoad([() => admin.fetch(EVERYTHING), book]);
      for (const unit of [...PROCESS_SUBGRAPHS, 'gateway'] as const) {
        const before = load.answered();
        const codes = await platform.roll(unit);
        expect(codes).toEqual(codes.map(() => 0));
        await expect.poll(() => load.answered()).toBeGreaterThan(before + 2);
        expect({ unit, failures: load.failures() }).toEqual({ unit, failures: [] });
      }
      await load.stop();
      await book();
      await expect.poll(() => seen.at(-1)?.position.quantity).toBe(String(trades));
      expect(seen.map(({ position }) => position.version)).toEqual(
        seen.map((_change, index) => first + index),
      );
      expect(end).toBeUndefined();
      await following.close();
    },
    ROLL_LIMIT_MS,
  );
});
