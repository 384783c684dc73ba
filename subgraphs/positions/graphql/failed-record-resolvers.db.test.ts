import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { retryDueRecords } from '../use-cases/failed-records.ts';

let database: TestDatabase;
let positions: PositionsOnTest;
let operations: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  positions = await startPositions(database.url);
  operations = clientOf(positions.subgraph, 'operations');
});
afterAll(async () => {
  await positions.stop();
  await database.drop();
});

const FAILED = /* GraphQL */ `
  {
    failedRecords {
      id
      consumer
      topic
      key
      type
      payload
      reason
      attempts
      correlationId
      causationId
    }
  }
`;
const RETRY = /* GraphQL */ `
  mutation ($id: ID!) {
    retryFailedRecord(input: { id: $id }) {
      found
    }
  }
`;
const POSITION = /* GraphQL */ `
  query ($accountId: String!) {
    position(key: { bookId: "BOOK-1", accountId: $accountId, symbol: "AAPL" }) {
      quantity
    }
  }
`;

/** As the event log keeps a trade whose consumer failed `attempts` times, the last time then. */
async function bury(account: string, { group = 'positions', attempts = 5, agoS = 0 } = {}) {
  const trade = {
    tradeId: `${account}-T1`,
    bookId: 'BOOK-1',
    accountId: account,
    symbol: 'AAPL',
    side: 'BUY',
    quantity: '7',
    price: '10',
    currency: 'USD',
    fees: '0',
    effectiveDate: '2026-11-20',
    executedAtMs: Date.parse('2026-11-20T14:00:00Z'),
    contractId: null,
    clOrdId: null,
    user: 'ann',
  };
  const [row] = await positions.sql<{ id: string }[]>`
    insert into platform.dead_letter
      (consumer_group, xid, record_id, topic, partition, key, type, version, payload,
        correlation_id, causation_id, recorded_at, reason, attempts, failed_at)
    select ${group}, pg_current_xact_id(), 1, 'trade-events', 3, ${account}, 'TradeSubmitted', 1,
      ${JSON.stringify(trade)}::text::jsonb, 'c-1', 'order:1', clock_timestamp(),
      'the database was away', ${attempts},
      clock_timestamp() - ${agoS}::int * interval '1 second'
    returning id::text`;
  return row?.id ?? '';
}

const failed = async () =>
  ((await operations.data(FAILED)) as { failedRecords: { id: string }[] }).failedRecords;
const quantityOf = async (accountId: string) => {
  const { position } = (await operations.data(POSITION, { accountId })) as {
    position: { quantity: string } | null;
  };
  return position?.quantity;
};
const SEEN_LIMIT = { timeout: 15_000 };

test('PS-9 a record that failed is shown, retried, and gone once it went well', async () => {
  const id = await bury('F1', { attempts: 13 });
  expect(await failed()).toEqual([
    {
      id,
      consumer: 'positions',
      topic: 'trade-events',
      key: 'F1',
      type: 'TradeSubmitted',
      payload: expect.stringContaining('"F1-T1"'),
      reason: 'the database was away',
      attempts: 13,
      correlationId: 'c-1',
      causationId: 'order:1',
    },
  ]);
  expect(await operations.data(RETRY, { id })).toEqual({ retryFailedRecord: { found: true } });
  await expect.poll(failed, SEEN_LIMIT).toEqual([]);
  expect(await quantityOf('F1')).toBe('7');
  expect(await operations.data(RETRY, { id })).toEqual({ retryFailedRecord: { found: false } });
});

test('records of other subgraphs are neither shown nor retried', async () => {
  const id = await bury('F2', { group: 'orders' });
  expect(await failed()).toEqual([]);
  expect(await operations.data(RETRY, { id })).toEqual({ retryFailedRecord: { found: false } });
});

test('PS-9 records are handed over when their pause is over, eight times', async () => {
  const due = await bury('F3', { attempts: 7, agoS: 61 });
  const early = await bury('F4', { attempts: 7, agoS: 30 });
  const tired = await bury('F5', { attempts: 13, agoS: 100_000 });
  const asked: string[] = [];
  const { eventLog } = positions;
  const made = await retryDueRecords({
    eventLog: {
      deadLetters: (filter) => eventLog.deadLetters(filter),
      retryDeadLetter: (id) => Promise.resolve(asked.push(id) > 0),
    },
    consumerGroups: ['positions'],
    clock: systemClock,
    logger: silentLogger,
  });
  expect(made).toBe(1);
  expect(asked).toEqual([due]);
  expect(asked).not.toContain(early);
  expect(asked).not.toContain(tired);
});

test.each([
  ['trader', FAILED],
  ['compliance', RETRY],
] as const)('is not for a %s', async (role, document) => {
  const { errors } = await clientOf(positions.subgraph, role).result(document, { id: '1' });
  expect(errors?.[0]?.originalError).toMatchObject({ code: 'FORBIDDEN' });
});
