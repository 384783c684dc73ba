import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { allSettled, auditPositions } from '../../../test/support/positions-audit.ts';
import {
  FIRE_BOOK,
  type FireTrade,
  newLedger,
} from '../../../test/support/positions-under-fire.ts';
import {
  type PositionsOnTest,
  startPositions,
  testClock,
} from '../../../test/support/positions-world.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';

const DAY_MS = 86_400_000;
const FRIDAY = '2026-11-20';
const THURSDAY = '2026-11-19';

let database: TestDatabase;
let owner: Sql;
let positions: PositionsOnTest;
let client: SubgraphClient;
const ledger = newLedger();

beforeAll(async () => {
  database = await createTestDatabase();
  owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
  positions = await startPositions(database.url);
  client = clientOf(positions.subgraph, 'operations');
});
afterAll(async () => {
  await positions.stop();
  await owner.end();
  await database.drop();
});

describe('PS-1 a clock that jumps back', () => {
  test('of the process, by a day: trades are early or late then, and none is lost', async () => {
    expect(await record('T1', 'BUY', FRIDAY)).toBe('CURRENT_DATED');
    testClock.advance(-DAY_MS);
    expect(await record('T2', 'BUY', FRIDAY)).toBe('FORWARD_DATED');
    expect(await record('T3', 'SELL', THURSDAY)).toBe('BACKDATED');
    expect(await record('T1', 'BUY', FRIDAY)).toBe('CURRENT_DATED');
    testClock.advance(DAY_MS);
    expect(await record('T4', 'SELL', FRIDAY)).toBe('CURRENT_DATED');
    await expectAllRight();
  });

  test('of the database, by an hour: each event still follows the one before', async () => {
    // What a clock that went back leaves behind: a last event from the hour to come.
    await owner`
      update positions.event_store e set recorded_at = e.recorded_at + interval '1 hour'
      from positions.snapshot_store s
      where e.position_key = s.position_key and e.event_ver = s.last_ver`;
    await owner`
      update positions.snapshot_store set last_recorded_at = last_recorded_at + interval '1 hour'`;
    await restart();
    expect(await record('T5', 'BUY', FRIDAY)).toBe('CURRENT_DATED');
    expect(await record('T6', 'SELL', THURSDAY)).toBe('BACKDATED');
    await expectAllRight();
  });
});

async function expectAllRight(): Promise<void> {
  await allSettled(positions.sql);
  expect((await auditPositions(positions.sql, ledger)).faults).toEqual([]);
  const key = `{ bookId: "${FIRE_BOOK}", accountId: "CLOCK", symbol: "AAPL" }`;
  expect(
    await client.data(`{ verifyPosition(key: ${key}) { matches differences { field } } }`),
  ).toEqual({ verifyPosition: { matches: true, differences: [] } });
}

/** Answers with how it was classified, and notes what was promised. */
async function record(
  tradeId: string,
  side: FireTrade['side'],
  effectiveDate: string,
): Promise<string> {
  const trade: FireTrade = {
    tradeId,
    bookId: FIRE_BOOK,
    accountId: 'CLOCK',
    symbol: 'AAPL',
    side,
    quantity: '3',
    price: String(10 + ledger.sent.size),
    effectiveDate,
  };
  const sent = ledger.sent.get(tradeId) ?? trade;
  const { recordTrades } = (await client.data(
    `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) { results {
      ... on TradeRecorded { classification eventVersion } ... on TradeRefused { reason message }
    } } }`,
    { trades: [sent] },
  )) as { recordTrades: { results: readonly Answer[] } };
  const [answer] = recordTrades.results;
  if (answer?.eventVersion === undefined) throw new Error(JSON.stringify(answer));
  ledger.sent.set(tradeId, sent);
  ledger.acknowledged.set(tradeId, answer.eventVersion);
  return answer.classification ?? '';
}

interface Answer {
  readonly classification?: string;
  readonly eventVersion?: number;
}

/** A process that knows only what is stored. */
async function restart(): Promise<void> {
  await positions.stop();
  positions = await startPositions(database.url);
  client = clientOf(positions.subgraph, 'operations');
}
