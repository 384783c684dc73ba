import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { tradeSubmitted } from '#kernel/topics/trade-events';
import { appendToOutbox } from '#platform/outbox';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { readTopic } from '../../../test/support/read-topic.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import {
  type PositionsOnTest,
  startPositions,
  testClock,
} from '../../../test/support/positions-world.ts';

let database: TestDatabase;
let positions: PositionsOnTest;
let trader: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  positions = await startPositions(database.url);
  trader = clientOf(positions.subgraph, 'trader');
});
afterAll(async () => {
  await positions.stop();
  await database.drop();
});

const POSITION = /* GraphQL */ `
  query ($key: PositionKeyInput!) {
    position(key: $key) {
      version
      quantity
    }
  }
`;

const keyOf = (accountId: string) => ({ bookId: 'BOOK-1', accountId, symbol: 'aapl' });

describe('trades of the topic trade-events', () => {
  const submitted = (tradeId: string, changes: object = {}) => ({
    topic: 'trade-events',
    key: 'E1|AAPL',
    type: tradeSubmitted.name,
    version: tradeSubmitted.version,
    payload: tradeSubmitted.encode({
      tradeId,
      bookId: 'BOOK-1',
      accountId: 'E1',
      symbol: 'AAPL',
      side: 'BUY',
      quantity: decimal('10'),
      price: decimal('3'),
      currency: 'USD',
      fees: decimal('0'),
      effectiveDate: businessDate('2026-11-20'),
      executedAtMs: testClock.nowMs(),
      contractId: null,
      clOrdId: 'ORD-1',
      user: 'desk',
      ...changes,
    }),
    correlationId: 'order-correlation',
    causationId: null,
  });

  test('go the same way; bad ones are refused and poison is kept', async () => {
    await appendToOutbox(positions.sql, [
      submitted('E1-T1'),
      { ...submitted('E1-POISON'), payload: { tradeId: 'E1-POISON' } },
      submitted('E1-T1'),
      submitted('E1-BAD', { symbol: 'NOPE' }),
      submitted('E1-T2'),
    ]);
    await expect
      .poll(() => trader.data(POSITION, { key: keyOf('E1') }), { timeout: 10_000 })
      .toMatchObject({ position: { version: 2, quantity: '20' } });
    const letters = await positions.sql`
      select reason, source, correlation_id from positions.dead_letter
      where correlation_id = 'order-correlation' order by reason`;
    expect(letters.map((row) => ({ ...row }))).toEqual([
      { reason: 'UNKNOWN_INSTRUMENT', source: 'trade-events', correlation_id: 'order-correlation' },
      { reason: 'UNREADABLE_PAYLOAD', source: 'trade-events', correlation_id: 'order-correlation' },
    ]);
    const { eventLog } = positions;
    const told = await readTopic(eventLog, 'trade-refused', ({ length }) => length > 0);
    expect(told.map(({ payload }) => payload)).toContainEqual(
      expect.objectContaining({ tradeId: 'E1-BAD', clOrdId: 'ORD-1', user: 'desk' }),
    );
    const isOurs = ({ key }: { readonly key: string }) => key.includes('|E1|');
    const applied = await readTopic(
      eventLog,
      'trade-applied',
      (all) => all.filter(isOurs).length >= 2,
    );
    const ours = applied.filter(isOurs);
    expect(ours.map(({ payload, correlationId }) => ({ payload, correlationId }))).toMatchObject([
      { payload: { tradeId: 'E1-T1', clOrdId: 'ORD-1' }, correlationId: 'order-correlation' },
      { payload: { tradeId: 'E1-T2', positionQuantity: '20' } },
    ]);
    expect(ours[0]?.causationId).toMatch(/^trade-events:\d+$/);
  });
});
