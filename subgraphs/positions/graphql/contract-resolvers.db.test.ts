import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';

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

const DEFINE = /* GraphQL */ `
  mutation ($input: DefineContractInput!) {
    defineContract(input: $input) {
      ... on ContractDefined {
        changed
        contract {
          id
          version
          reliefMethod
          reliefMethods {
            from
            method
          }
          longOnly
          washSales
          booksClosedBefore
          definitions {
            version
            reliefMethod
            definedBy
          }
        }
      }
      ... on DefineContractRefused {
        contractId
        reason
        message
      }
    }
  }
`;
const CONTRACT = /* GraphQL */ `
  query ($contractId: String!) {
    contract(contractId: $contractId) {
      contractId
      version
    }
  }
`;
const RECORD = /* GraphQL */ `
  mutation ($trades: [TradeInput!]!) {
    recordTrades(input: { trades: $trades }) {
      results {
        ... on TradeRecorded {
          eventVersion
          contractStatus
          position {
            quantity
            realizedPnl {
              amount
            }
            reliefMethod
            contract {
              id
              longOnly
            }
          }
        }
        ... on TradeRefused {
          reason
          message
        }
      }
    }
  }
`;

const define = async (input: object, client = operations) => {
  const data = (await client.data(DEFINE, { input })) as { defineContract: object };
  return data.defineContract;
};

const trade = (tradeId: string, changes: object = {}) => ({
  tradeId,
  bookId: 'book-1',
  accountId: 'acc-1',
  symbol: 'AAPL',
  side: 'BUY',
  quantity: '100',
  price: '10',
  effectiveDate: '2026-11-20',
  ...changes,
});

const record = async (...trades: object[]) => {
  const data = (await operations.data(RECORD, { trades })) as {
    recordTrades: { results: object[] };
  };
  return data.recordTrades.results;
};

describe('defineContract', () => {
  test('says what holds from now on, once, in the words of whoever said it', async () => {
    const first = await define({ contractId: 'isda-1', reliefMethod: 'FIFO' });
    expect(first).toEqual({
      changed: true,
      contract: {
        id: 'ISDA-1',
        version: 1,
        reliefMethod: 'FIFO',
        reliefMethods: [{ from: '2026-11-20', method: 'FIFO' }],
        longOnly: false,
        washSales: false,
        booksClosedBefore: null,
        definitions: [{ version: 1, reliefMethod: 'FIFO', definedBy: 'operations' }],
      },
    });
    expect(await define({ contractId: 'ISDA-1', reliefMethod: 'FIFO' })).toEqual({
      ...first,
      changed: false,
    });
  });

  test('changes the method on its day, flags at once, and keeps what was said', async () => {
    await define({ contractId: 'ISDA-2', reliefMethod: 'FIFO' });
    const changed = await define({
      contractId: 'ISDA-2',
      reliefMethod: 'HIFO',
      effectiveFrom: '2026-12-01',
      longOnly: true,
      booksClosedBefore: '2026-11-01',
    });
    expect(changed).toMatchObject({
      contract: {
        version: 2,
        reliefMethod: 'FIFO',
        reliefMethods: [
          { from: '2026-11-20', method: 'FIFO' },
          { from: '2026-12-01', method: 'HIFO' },
        ],
        longOnly: true,
        booksClosedBefore: '2026-11-01',
        definitions: [{ reliefMethod: 'FIFO' }, { version: 2, reliefMethod: 'HIFO' }],
      },
    });
  });

  test('is refused with the reason', async () => {
    const answer = await define({ contractId: 'A|B', reliefMethod: 'FIFO' });
    expect(answer).toEqual({
      contractId: 'A|B',
      reason: 'INVALID_CONTRACT_ID',
      message: expect.stringContaining('was "A|B"'),
    });
  });

  test('by two at once leaves one after the other, neither lost', async () => {
    const flags = { contractId: 'ISDA-3', reliefMethod: 'LIFO' };
    const answers = await Promise.all([
      define({ ...flags, longOnly: true }),
      define({ ...flags, washSales: true }),
    ]);
    expect(answers).toMatchObject([{ changed: true }, { changed: true }]);
    const last = await define({ ...flags, longOnly: true, washSales: true });
    expect(last).toMatchObject({ contract: { version: 3 } });
  });

  test.each(['trader', 'viewer', 'portfolio_manager'] as const)('is not for a %s', async (role) => {
    const client = clientOf(positions.subgraph, role);
    const input = { contractId: 'ISDA-4', reliefMethod: 'FIFO' };
    await expect(define(input, client)).rejects.toThrow('contracts:write');
    expect(await client.data(CONTRACT, { contractId: 'ISDA-4' })).toEqual({ contract: null });
  });
});

test('contracts are found by id in any case, and in pages', async () => {
  for (const contractId of ['zz-1', 'zz-2', 'zz-3']) {
    await define({ contractId, reliefMethod: 'FIFO' });
  }
  expect(await operations.data(CONTRACT, { contractId: 'Zz-2' })).toEqual({
    contract: { contractId: 'ZZ-2', version: 1 },
  });
  const LIST = /* GraphQL */ `
    query ($after: String) {
      contracts(first: 2, after: $after) {
        edges {
          node {
            id
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `;
  const seen: string[] = [];
  let after: string | null = null;
  for (let hasNext = true; hasNext;) {
    const { contracts } = (await operations.data(LIST, { after })) as {
      contracts: {
        edges: { node: { id: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    };
    seen.push(...contracts.edges.map(({ node }) => node.id));
    after = contracts.pageInfo.endCursor;
    hasNext = contracts.pageInfo.hasNextPage;
  }
  expect(seen).toEqual(seen.toSorted());
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining(['ZZ-1', 'ZZ-2', 'ZZ-3']));
});

describe('a trade under a contract', () => {
  test('is refused until the contract is defined, then follows its method', async () => {
    const of = { contractId: 'csa-7' };
    expect(await record(trade('M1', of))).toEqual([
      {
        reason: 'UNKNOWN_CONTRACT',
        message: 'contractId: expected a contract that is defined, was "csa-7"',
      },
    ]);
    await define({ contractId: 'CSA-7', reliefMethod: 'LIFO' });
    // Right after its definition, for what was unknown is not kept.
    const answers = await record(
      trade('M1', of),
      trade('M2', { ...of, price: '12' }),
      trade('M3', { ...of, side: 'SELL', price: '15' }),
    );
    expect(answers).toMatchObject([
      { eventVersion: 1, contractStatus: 'GENERATED' },
      { eventVersion: 2 },
      {
        // The younger lot went: 100 x (15 - 12).
        position: {
          quantity: '100',
          realizedPnl: { amount: '300' },
          reliefMethod: 'LIFO',
          contract: { id: 'CSA-7', longOnly: false },
        },
      },
    ]);
  });

  test('may sell no more than is held when it is long-only', async () => {
    await define({ contractId: 'LONG-1', reliefMethod: 'FIFO', longOnly: true });
    const of = { contractId: 'LONG-1' };
    const answers = await record(
      trade('O1', of),
      trade('O2', { ...of, side: 'SELL', quantity: '100.00000001' }),
      trade('O3', { ...of, side: 'SELL' }),
    );
    expect(answers).toMatchObject([
      { eventVersion: 1 },
      { reason: 'OVERSELL' },
      { eventVersion: 2, position: { quantity: '0' } },
    ]);
  });

  test('takes the lots that are named, under SPECIFIC, and no others', async () => {
    await define({ contractId: 'PICK-1', reliefMethod: 'SPECIFIC' });
    const of = { contractId: 'PICK-1' };
    const sell = { ...of, side: 'SELL', quantity: '50', price: '15' };
    const answers = await record(
      trade('S1', of),
      trade('S2', { ...of, price: '12' }),
      trade('S3', sell),
      trade('S4', { ...sell, electedLots: [{ lotId: 'S2', quantity: '49' }] }),
      trade('S5', { ...sell, electedLots: [{ lotId: 'S2', quantity: '50' }] }),
    );
    expect(answers).toMatchObject([
      { eventVersion: 1 },
      { eventVersion: 2 },
      { reason: 'LOTS_NOT_ELECTED' },
      { reason: 'INVALID_LOT_ELECTION' },
      { eventVersion: 3, position: { realizedPnl: { amount: '150' } } },
    ]);
  });

  test('of a closed period needs a reason, from somebody who may correct', async () => {
    await define({
      contractId: 'SHUT-1',
      reliefMethod: 'FIFO',
      booksClosedBefore: '2026-11-01',
    });
    const late = { contractId: 'SHUT-1', effectiveDate: '2026-10-30' };
    const overrideReason = 'auditor 7 found it';
    expect(await record(trade('P1', late))).toMatchObject([{ reason: 'PERIOD_CLOSED' }]);
    const trader = clientOf(positions.subgraph, 'trader');
    const trades = [trade('P1', { ...late, overrideReason })];
    await expect(trader.data(RECORD, { trades })).rejects.toMatchObject({
      originalError: { code: 'FORBIDDEN' },
    });
    expect(await record(...trades)).toMatchObject([{ eventVersion: 1 }]);
    const [event] = await positions.sql`
      select payload from positions.event_store where trade_id = 'P1'`;
    expect(JSON.stringify(event)).toContain(overrideReason);
    await define({ contractId: 'SHUT-1', reliefMethod: 'FIFO', booksClosedBefore: '2026-11-02' });
    // The same trade again is no new trade of a closed period.
    expect(await record(...trades)).toMatchObject([{ eventVersion: 1 }]);
  });

  test('names at most a thousand lots', async () => {
    const lot = (n: number) => ({ lotId: `L${n}`, quantity: '1' });
    const electedLots = Array.from({ length: 1_001 }, (_, n) => lot(n));
    await expect(record(trade('L1', { electedLots }))).rejects.toMatchObject({
      originalError: { code: 'BAD_USER_INPUT', details: { limit: 'MAX_ELECTED_LOTS' } },
    });
  });
});

test('another process follows other terms as soon as it hears of them', async () => {
  const other = await startPositions(database.url);
  try {
    const of = { contractId: 'TWO-1', accountId: 'acc-2' };
    const there = clientOf(other.subgraph, 'operations');
    const recordThere = (...trades: object[]) => there.data(RECORD, { trades });
    await define({ contractId: 'TWO-1', reliefMethod: 'FIFO' });
    await recordThere(trade('W1', of));
    const heard = new Promise<void>((resolve) => {
      const stop = other.eventLog.onNews('contract-defined', () => {
        stop();
        resolve();
      });
    });
    await define({ contractId: 'TWO-1', reliefMethod: 'FIFO', longOnly: true });
    await heard;
    expect(await recordThere(trade('W2', { ...of, side: 'SELL', quantity: '101' }))).toMatchObject({
      recordTrades: { results: [{ reason: 'OVERSELL' }] },
    });
  } finally {
    await other.stop();
  }
});
