import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
        ... on TradeRecorded {
          tradeId
          classification
          eventVersion
          duplicate
          uti
          position {
            id
            version
            quantity
            costBasis {
              amount
              currency
            }
            averageCost
            lots {
              id
            }
          }
        }
        ... on TradeRefused {
          tradeId
          reason
          message
          deadLetterId
        }
      }
    }
  }
`;
const POSITION = /* GraphQL */ `
  query ($key: PositionKeyInput!) {
    position(key: $key) {
      version
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

interface Known {
  readonly version: number;
  readonly knownAt: string;
  readonly events: {
    readonly edges: readonly { readonly node: { version: number; recordedAt: string } }[];
  };
}

const record = (...trades: object[]) => trader.data(RECORD, { trades });
const keyOf = (accountId: string) => ({ bookId: 'BOOK-1', accountId, symbol: 'aapl' });

describe('recordTrades', () => {
  test('answers with a position that is known at its own event', async () => {
    const trades = [input('K1', 'T1'), input('K1', 'T2')];
    const answer = await trader.data(
      `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) {
        results { ... on TradeRecorded { position { version knownAt
          events { edges { node { version recordedAt } } } } } }
      } }`,
      { trades },
    );
    const { results } = (answer as { recordTrades: { results: { position: Known }[] } })
      .recordTrades;
    expect(results).toHaveLength(2);
    for (const { position } of results) {
      const own = position.events.edges.find(({ node }) => node.version === position.version);
      expect(position.knownAt).toBe(own?.node.recordedAt);
    }
  });

  test('answers in order: recorded, the same again, other content, refused', async () => {
    const answer = await record(
      input('A1', 'T1', { fees: '5' }),
      input('A1', 'T1', { fees: '5.00' }),
      input('A1', 'T1', { fees: '6' }),
      input('A1', 'T2', { effectiveDate: '2030-11-19' }),
      input('A1', 'T3', { symbol: 'NOPE' }),
    );
    const first = {
      tradeId: 'A1-T1',
      classification: 'CURRENT_DATED',
      eventVersion: 1,
      uti: expect.stringMatching(/^TEST00PROTOTRADE0107PLMB20261120/),
      position: {
        id: 'BOOK-1|A1|INS_AAPL|USD|-|NET',
        version: 1,
        quantity: '100',
        costBasis: { amount: '1005', currency: 'USD' },
        averageCost: '10.05',
        lots: [{ id: 'A1-T1' }],
      },
    };
    expect(answer).toEqual({
      recordTrades: {
        results: [
          { ...first, duplicate: false },
          { ...first, duplicate: true },
          {
            tradeId: 'A1-T1',
            reason: 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT',
            message: expect.stringContaining('event 1 of BOOK-1|A1'),
            deadLetterId: expect.any(String),
          },
          {
            tradeId: 'A1-T2',
            reason: 'EFFECTIVE_DATE_TOO_FAR',
            message: expect.stringContaining('was 2030-11-19'),
            deadLetterId: expect.any(String),
          },
          {
            tradeId: 'A1-T3',
            reason: 'UNKNOWN_INSTRUMENT',
            message: expect.stringContaining('"NOPE"'),
            deadLetterId: expect.any(String),
          },
        ],
      },
    });
  });

  test.each([
    ['a viewer', ['viewer'], 'FORBIDDEN'],
    ['somebody without a token', [], 'UNAUTHENTICATED'],
  ] as const)('is not for %s', async (_who, roles, code) => {
    const client = clientOf(positions.subgraph, ...roles);
    const { errors } = await client.result(RECORD, { trades: [input('A2', 'T1')] });
    expect(errors?.[0]?.originalError).toMatchObject({ code });
  });

  test.each([['NaN'], ['1e400'], ['1.123456789'], ['']])(
    'refuses %s as a quantity before anything is recorded',
    async (quantity) => {
      const { errors } = await trader.result(RECORD, {
        trades: [input('A3', 'T1'), input('A3', 'T2', { quantity })],
      });
      expect(errors).toHaveLength(1);
      expect(await trader.data(POSITION, { key: keyOf('A3') })).toEqual({ position: null });
    },
  );
});
