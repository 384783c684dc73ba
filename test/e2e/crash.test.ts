/**
 * The worst moments, done to the whole platform: `kill -9` while trades are recorded, and Redis
 * gone while everything runs. What was acknowledged is there, once.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { systemClock } from '#platform/clock';
import { createTokenIssuer } from '#platform/identity/tokens';
import { type GraphqlClient, graphqlClient } from '../support/graphql-client.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform-process.ts';
import { redisSkipReason, startRedis } from '../support/redis-server.ts';
import { startTestPlatform, type TestPlatform } from '../support/running-platform.ts';

const CLIENTS = 8;
const TRADES_BEFORE_KILL = 200;
const START_LIMIT_MS = 90_000;
const TODAY = new Date().toISOString().slice(0, 10);

const RECORD = `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) {
  results { __typename ... on TradeRecorded { tradeId duplicate } ... on TradeRefused { message } }
} }`;
const POSITION = `{ position(key: { bookId: "CRASH", accountId: "ACC", symbol: "AAPL" }) {
  version quantity
} }`;

interface Recorded {
  readonly recordTrades: {
    readonly results: readonly { readonly __typename: string; readonly duplicate: boolean }[];
  };
}
interface Held {
  readonly position: { readonly version: number; readonly quantity: string } | null;
}

const trade = (tradeId: string) => ({
  tradeId,
  bookId: 'CRASH',
  accountId: 'ACC',
  symbol: 'AAPL',
  side: 'BUY',
  quantity: '1',
  price: '10',
  effectiveDate: TODAY,
});

describe('PS-16 kill -9 of the platform while trades are recorded', () => {
  let folder = '';
  let platform: PlatformProcess | undefined;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-crash-'));
  });
  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test(
    'loses nothing acknowledged, counts nothing twice, and starts again by itself',
    async () => {
      const environment = { dataDir: folder, variables: { FEED: 'none', LOG_LEVEL: 'error' } };
      const first = await startPlatformProcess(environment);
      const acknowledged = new Set<string>();
      const sent = new Set<string>();
      const trader = await clientOf(first.port, folder);
      const clients = Array.from({ length: CLIENTS }, async (_, client) => {
        for (let n = 0; ; n++) {
          const id = `C${client}-${n}`;
          sent.add(id);
          const answer = await trader.fetch<Recorded>(RECORD, { trades: [trade(id)] });
          if (answer.recordTrades.results[0]?.__typename === 'TradeRecorded') acknowledged.add(id);
          if (acknowledged.size >= TRADES_BEFORE_KILL) process.kill(first.pid, 'SIGKILL');
        }
      });
      await Promise.allSettled(clients);
      expect(acknowledged.size).toBeGreaterThanOrEqual(TRADES_BEFORE_KILL);

      platform = await startPlatformProcess(environment);
      const again = await clientOf(platform.port, folder);
      const { position } = await again.fetch<Held>(POSITION);
      const held = Number(position?.quantity);
      expect(held).toBeGreaterThanOrEqual(acknowledged.size);
      expect(held).toBeLessThanOrEqual(sent.size);
      expect(position?.version).toBe(held);

      const trades = [...sent].map(trade);
      const { recordTrades } = await again.fetch<Recorded>(RECORD, { trades });
      const repeated = recordTrades.results.filter(({ duplicate }) => duplicate);
      expect(repeated).toHaveLength(held);
      const whole = await again.fetch<Held>(POSITION);
      expect(whole.position).toEqual({ version: sent.size, quantity: String(sent.size) });
    },
    2 * START_LIMIT_MS,
  );

  async function clientOf(port: number, dataDir: string): Promise<GraphqlClient> {
    const config = readConfig({ DATA_DIR: dataDir });
    const issue = await createTokenIssuer({ ...config, ...config.identity, clock: systemClock });
    const token = await issue({ role: 'trader', user: 'trader', ttlSeconds: 600 });
    return graphqlClient(`http://127.0.0.1:${port}/graphql`, token);
  }
});

describe.skipIf(redisSkipReason !== undefined)('PL-2 Redis killed while the platform runs', () => {
  let platform: TestPlatform;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
    platform = await startTestPlatform({ REDIS_URL: redis.url });
  }, START_LIMIT_MS);
  afterAll(async () => {
    await platform.stop();
    await redis.close();
  });

  test('and back: every trade is answered, and every change reaches its subscriber', async () => {
    const operations = await platform.as('operations');
    await operations.fetch(`mutation { upsertInstruments(input: { instruments: [
      { symbol: "AAPL", currency: "USD" }
    ] }) { rejected { reason } } }`);
    const changes = operations.subscribe<{ positionChanged: { event: { version: number } } }>(
      'subscription { positionChanged(filter: { bookId: "CRASH" }) { event { version } } }',
    );
    const record = (from: number) =>
      operations.fetch<Recorded>(RECORD, {
        trades: Array.from({ length: 50 }, (_, n) => trade(`R${from + n}`)),
      });
    const last = changes.next(({ positionChanged }) => positionChanged.event.version === 150);
    await record(0);
    await redis.kill();
    await record(50);
    await redis.start();
    const { recordTrades } = await record(100);
    expect(recordTrades.results.every(({ __typename }) => __typename === 'TradeRecorded')).toBe(
      true,
    );
    await last;
    const versions = changes.received.map(({ positionChanged }) => positionChanged.event.version);
    expect(versions).toEqual(Array.from({ length: 150 }, (_, n) => n + 1));
    await changes.stop();
  }, 60_000);
});
