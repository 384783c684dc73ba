import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { lastPriceKey } from '#kernel/topics/accepted-ticks';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';

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

const RECORD = /* GraphQL */ `
  mutation ($trades: [TradeInput!]!) {
    recordTrades(input: { trades: $trades }) {
      results {
        __typename
      }
    }
  }
`;
const POSITION = /* GraphQL */ `
  query ($key: PositionKeyInput!, $effectiveAt: Date, $knownAt: DateTime) {
    position(key: $key, effectiveAt: $effectiveAt, knownAt: $knownAt) {
      version
      quantity
      costBasis {
        amount
      }
      realizedPnl {
        amount
      }
      effectiveAt
      knownAt
      marketValue {
        amount
        currency
      }
      unrealizedPnl {
        amount
      }
      lots {
        id
        openDate
        quantity
        unitCost
        costBasis {
          amount
        }
        sourceTradeId
      }
    }
  }
`;

const input = (accountId: string, tradeId: string, changes: object = {}) => ({
  tradeId: `${accountId}-${tradeId}`,
  bookId: 'book-1',
  accountId,
  symbol: 'AAPL',
  side: 'BUY',
  quantity: '100',
  price: '10',
  effectiveDate: '2026-11-20',
  ...changes,
});

const record = (...trades: object[]) => trader.data(RECORD, { trades });
const keyOf = (accountId: string) => ({ bookId: 'BOOK-1', accountId, symbol: 'aapl' });

async function lastRecordedAt(accountId: string): Promise<string | undefined> {
  const { position } = (await trader.data(
    `query ($key: PositionKeyInput!) { position(key: $key) {
      events { edges { node { recordedAt } } }
    } }`,
    { key: keyOf(accountId) },
  )) as { position: { events: { edges: { node: { recordedAt: string } }[] } } };
  return position.events.edges.at(-1)?.node.recordedAt;
}

describe('a position', () => {
  test('shows figures, lots in relief order, and the last accepted price', async () => {
    await record(
      input('B1', 'T1', { effectiveDate: '2026-11-18' }),
      input('B1', 'T2', { effectiveDate: '2026-11-19', price: '12' }),
      input('B1', 'T3', { side: 'SELL', quantity: '150', price: '15' }),
    );
    const tick = { price: '16', bid: null, ask: null, size: null, currency: 'USD', source: 'test' };
    const times = { eventTimeMs: 1, receivedAtMs: 1, sequence: '1', quality: 'GOOD' };
    const value = { instrumentId: 'ins_AAPL', symbol: 'AAPL', ...tick, ...times };
    const without = await trader.data(POSITION, { key: keyOf('B1') });
    expect(without).toMatchObject({ position: { marketValue: null, unrealizedPnl: null } });
    await positions.cache.setMany([{ key: lastPriceKey('AAPL'), value, version: 1n }]);
    expect(await trader.data(POSITION, { key: keyOf('B1') })).toEqual({
      position: {
        version: 3,
        quantity: '50',
        costBasis: { amount: '600' },
        realizedPnl: { amount: '650' },
        effectiveAt: '2026-11-20',
        knownAt: await lastRecordedAt('B1'),
        marketValue: { amount: '800', currency: 'USD' },
        unrealizedPnl: { amount: '200' },
        lots: [
          {
            id: 'B1-T2',
            openDate: '2026-11-19',
            quantity: '50',
            unitCost: '12',
            costBasis: { amount: '600' },
            sourceTradeId: 'B1-T2',
          },
        ],
      },
    });
  });

  test('is found as it counted on an earlier day', async () => {
    const at = async (effectiveAt: string) =>
      trader.data(POSITION, { key: keyOf('B1'), effectiveAt });
    expect(await at('2026-11-17')).toEqual({ position: null });
    expect(await at('2026-11-18')).toMatchObject({
      position: { version: 3, quantity: '100', effectiveAt: '2026-11-18', marketValue: null },
    });
    expect(await at('2026-11-19')).toMatchObject({
      position: { quantity: '200', costBasis: { amount: '2200' }, lots: [{}, {}] },
    });
  });

  test('is known at its last event, however it is found', async () => {
    const knownAt = await lastRecordedAt('B1');
    expect(knownAt).toEqual(expect.any(String));
    const found = await trader.data(
      `query ($key: PositionKeyInput!, $of: [_Any!]!) {
        position(key: $key, effectiveAt: "2026-11-19") { knownAt }
        positions(filter: { bookId: "BOOK-1", accountId: "B1" }) { edges { node { knownAt } } }
        _entities(representations: $of) { ... on Position { knownAt } }
      }`,
      { key: keyOf('B1'), of: [{ __typename: 'Position', id: 'BOOK-1|B1|INS_AAPL|USD|-|NET' }] },
    );
    expect(found).toEqual({
      position: { knownAt },
      positions: { edges: [{ node: { knownAt } }] },
      _entities: [{ knownAt }],
    });
  });

  test('is found as it was known at an instant, not at one to come', async () => {
    const knownAt = async (text: string) =>
      trader.result(POSITION, { key: keyOf('B1'), knownAt: text });
    const before = await knownAt('2020-01-01T00:00:00Z');
    expect(before.data).toEqual({ position: null });
    const future = await knownAt('2026-11-20T14:31:00Z');
    expect(future.errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('tells its events with the trail of every gain down to lots', async () => {
    const { position } = (await trader.data(
      `query ($key: PositionKeyInput!) { position(key: $key) {
        events(first: 1, after: null) { pageInfo { endCursor hasNextPage } }
      } }`,
      { key: keyOf('B1') },
    )) as { position: { events: { pageInfo: { endCursor: string; hasNextPage: boolean } } } };
    expect(position.events.pageInfo.hasNextPage).toBe(true);
    const rest = await trader.data(
      `query ($key: PositionKeyInput!, $after: String) { position(key: $key) {
        events(after: $after) { edges { node {
          id version effect tradeId side price { amount } realizedPnl { amount } user source
          correlationId causationId
          allocations { lot takenQuantity unitCost basisOut { amount } gain { amount } rank }
        } } }
      } }`,
      { key: keyOf('B1'), after: position.events.pageInfo.endCursor },
    );
    expect(rest).toMatchObject({
      position: {
        events: {
          edges: [
            { node: { version: 2, effect: 'INCREASE', allocations: [] } },
            {
              node: {
                id: 'BOOK-1|B1|INS_AAPL|USD|-|NET#3',
                effect: 'DECREASE',
                tradeId: 'B1-T3',
                side: 'SELL',
                price: { amount: '15' },
                realizedPnl: { amount: '650' },
                user: 'trader',
                source: 'graphql',
                correlationId: 'test-correlation',
                causationId: null,
                allocations: [
                  { lot: 'B1-T1', takenQuantity: '100', unitCost: '10', gain: { amount: '500' } },
                  { lot: 'B1-T2', takenQuantity: '50', unitCost: '12', gain: { amount: '150' } },
                ],
              },
            },
          ],
        },
      },
    });
  });

  test.each([
    ['an unknown symbol', { bookId: 'BOOK-1', accountId: 'B1', symbol: 'NOPE' }],
    ['another currency', { ...keyOf('B1'), currency: 'EUR' }],
    ['another contract', { ...keyOf('B1'), contractId: 'ISDA-1' }],
  ])('is null for %s', async (_case, key) => {
    expect(await trader.data(POSITION, { key })).toEqual({ position: null });
  });

  test('resolves as an entity by its id, and null for an unknown one', async () => {
    const ids = ['BOOK-1|B1|INS_AAPL|USD|-|NET', 'nothing'];
    const found = await trader.data(
      `query ($of: [_Any!]!) { _entities(representations: $of) {
        ... on Position { quantity instrument { id } }
      } }`,
      { of: ids.map((id) => ({ __typename: 'Position', id })) },
    );
    expect(found).toEqual({
      _entities: [{ quantity: '50', instrument: { id: 'ins_AAPL' } }, null],
    });
  });
});

describe('positions', () => {
  const LIST = /* GraphQL */ `
    query ($filter: PositionFilter, $first: Int, $after: String) {
      positions(filter: $filter, first: $first, after: $after) {
        edges {
          node {
            id
            lots {
              quantity
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `;

  test('come in pages in order of key, by filter', async () => {
    const of = { bookId: 'LIST' };
    await clientOf(positions.subgraph, 'operations').data(
      'mutation { defineContract(input: { contractId: "C-1", reliefMethod: FIFO }) {__typename}}',
    );
    await record(
      input('L1', 'T1', of),
      input('L1', 'T2', { ...of, symbol: 'MSFT' }),
      input('L2', 'T1', { ...of, contractId: 'c-1' }),
    );
    const first = (await trader.data(LIST, { filter: { bookId: 'list' }, first: 2 })) as {
      positions: { pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
    expect(first).toMatchObject({
      positions: {
        edges: [
          { node: { id: 'LIST|L1|INS_AAPL|USD|-|NET', lots: [{ quantity: '100' }] } },
          { node: { id: 'LIST|L1|INS_MSFT|USD|-|NET' } },
        ],
        pageInfo: { hasNextPage: true },
      },
    });
    const after = first.positions.pageInfo.endCursor;
    expect(await trader.data(LIST, { filter: { bookId: 'LIST' }, first: 2, after })).toMatchObject({
      positions: {
        edges: [{ node: { id: 'LIST|L2|INS_AAPL|USD|C-1|NET' } }],
        pageInfo: { hasNextPage: false },
      },
    });
  });

  test.each([
    [{ bookId: 'LIST', symbol: 'msft' }, 1],
    [{ bookId: 'LIST', contractId: 'C-1' }, 1],
    [{ bookId: 'LIST', accountId: 'l1' }, 2],
    [{ bookId: 'LIST', status: 'PROVISIONAL' }, 0],
  ])('of %o are %i', async (filter, count) => {
    const found = (await trader.data(LIST, { filter })) as { positions: { edges: unknown[] } };
    expect(found.positions.edges).toHaveLength(count);
  });

  test('refuse a page that is too large', async () => {
    const { errors } = await trader.result(LIST, { first: 501 });
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

test('published.positions shows what the others may read', async () => {
  const rows = await positions.sql`
    select symbol, quantity, cost_basis, realized_pnl, version, reconciliation_status
    from published.positions where account_id = 'B1'`;
  expect(rows.map((row) => ({ ...row }))).toEqual([
    {
      symbol: 'AAPL',
      quantity: decimal('50'),
      cost_basis: '600.00000000',
      realized_pnl: '650.00000000',
      version: 3,
      reconciliation_status: 'RECONCILED',
    },
  ]);
});
