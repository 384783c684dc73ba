import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  type PositionsOnTest,
  recordingOn,
  sentTrade,
  startPositions,
} from '../../../test/support/positions-world.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';

let database: TestDatabase;
let positions: PositionsOnTest;
let compliance: SubgraphClient;

const EVENTS = /* GraphQL */ `
  query ($filter: PositionEventFilter, $first: Int, $after: String) {
    positionEvents(filter: $filter, first: $first, after: $after) {
      edges {
        node {
          id
          positionKey
          position {
            quantity
          }
          version
          type
          effectiveDate
          recordedAt
          executedAt
          tradeId
          uti
          side
          quantity
          price {
            amount
            currency
          }
          fees {
            amount
          }
          contractId
          correlationId
          causationId
          user
          source
          schemaVersion
          payload
          lots
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

interface Answer {
  readonly positionEvents: {
    readonly edges: readonly { readonly node: Readonly<Record<string, unknown>> }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}
const ask = async (variables: object) =>
  (await compliance.data(EVENTS, { ...variables })) as Answer;
const tradesOf = ({ positionEvents }: Answer) =>
  positionEvents.edges.map(({ node }) => node['tradeId']);

beforeAll(async () => {
  database = await createTestDatabase();
  positions = await startPositions(database.url);
  compliance = clientOf(positions.subgraph, 'compliance');
  const recording = recordingOn(positions.sql);
  for (const [accountId, tradeId, changes, origin] of [
    ['A1', 'T1', {}, { user: 'ann', correlationId: 'morning' }],
    ['A1', 'T2', { side: 'SELL', quantity: decimal('40'), fees: decimal('1.5') }, { user: 'ben' }],
    ['A2', 'T3', { symbol: 'SAP', bookId: 'BOOK-2' }, { correlationId: 'morning' }],
    ['A1', 'T4', { symbol: 'MSFT' }, { source: 'trade-events', causationId: 'trade-events:9' }],
  ] as const) {
    const sent = sentTrade({ accountId, tradeId, ...changes });
    await recording.recordTrades([{ ...sent, origin: { ...sent.origin, ...origin } }]);
  }
  await recording.stop();
});
afterAll(async () => {
  await positions.stop();
  await database.drop();
});

describe('PS-12 positionEvents', () => {
  test('shows who caused what, when, why, and what it did', async () => {
    const answer = await ask({ filter: { tradeId: 'T2' } });
    expect(answer.positionEvents.edges).toEqual([
      {
        node: {
          id: 'BOOK-1|A1|INS_AAPL|USD|-|NET#2',
          positionKey: 'BOOK-1|A1|INS_AAPL|USD|-|NET',
          position: { quantity: '60' },
          version: 2,
          type: 'TRADE_APPLIED',
          effectiveDate: '2026-11-20',
          recordedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          executedAt: null,
          tradeId: 'T2',
          uti: expect.any(String),
          side: 'SELL',
          quantity: '40',
          price: { amount: '10', currency: 'USD' },
          fees: { amount: '1.5' },
          contractId: null,
          correlationId: 'correlation-1',
          causationId: null,
          user: 'ben',
          source: 'graphql',
          schemaVersion: expect.any(Number),
          payload: expect.stringContaining('"DECREASE"'),
          lots: expect.stringContaining('"T1"'),
        },
      },
    ]);
  });

  test('goes through all positions in the order of recording, page by page', async () => {
    const first = await ask({ first: 3 });
    expect(tradesOf(first)).toEqual(['T1', 'T2', 'T3']);
    const { hasNextPage, endCursor } = first.positionEvents.pageInfo;
    expect(hasNextPage).toBe(true);
    const second = await ask({ first: 3, after: endCursor });
    expect(tradesOf(second)).toEqual(['T4']);
    expect(second.positionEvents.pageInfo.hasNextPage).toBe(false);
  });

  test.each<[object, readonly string[]]>([
    [{ position: { bookId: 'book-1', accountId: 'a1', symbol: 'aapl' } }, ['T1', 'T2']],
    [{ position: { bookId: 'book-1', accountId: 'a1', symbol: 'nobody' } }, []],
    [{ bookId: 'book-2' }, ['T3']],
    [{ accountId: 'A1', symbol: 'MSFT' }, ['T4']],
    [{ correlationId: 'morning' }, ['T1', 'T3']],
    [{ user: 'ann' }, ['T1']],
    [{ types: ['TRADE_APPLIED'], user: 'ben' }, ['T2']],
    [{ types: ['PRICE_RESET'] }, []],
    [{ from: '2000-01-01T00:00:00Z', to: '2000-01-02T00:00:00Z' }, []],
  ])('filter %j', async (filter, expected) => {
    expect(tradesOf(await ask({ filter }))).toEqual(expected);
  });

  test.each([
    ['compliance', undefined],
    ['operations', undefined],
    ['admin', undefined],
    ['trader', 'FORBIDDEN'],
    ['partner', 'FORBIDDEN'],
  ] as const)('for %s: %s', async (role, code) => {
    const { errors } = await clientOf(positions.subgraph, role).result(EVENTS);
    const found = errors?.[0]?.originalError as { code?: string } | undefined;
    expect(found?.code).toBe(code);
  });

  test.each([
    ['a page of 501', { first: 501 }],
    ['a cursor of its own', { after: 'x' }],
    [
      'a cursor with a version too large',
      { after: cursor('2026-01-01T00:00:00.000000Z', 'K', '9999999999') },
    ],
    ['a cursor with no instant', { after: cursor('now', 'K', '1') }],
    [
      'a book id that is none',
      { filter: { position: { bookId: '', accountId: 'A', symbol: 'AAPL' } } },
    ],
  ])('refuses %s', async (_what, variables) => {
    const { errors } = await compliance.result(EVENTS, variables);
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

function cursor(...parts: string[]): string {
  return Buffer.from(JSON.stringify(['positionEvents', ...parts])).toString('base64url');
}
