import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ContractServiceOnTest,
  startContractService,
  utiOfService,
} from '../../../test/support/contract-service.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';

/** The worker looks every second, and waits up to two before it asks a second time. */
const SETTLED_WITHIN = { timeout: 15_000, interval: 100 };

let database: TestDatabase;
let service: ContractServiceOnTest;
let positions: PositionsOnTest;
let trader: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startContractService();
  positions = await startPositions(database.url, {
    CONTRACT_SERVICE_URL: service.url,
    CONTRACT_TIMEOUT_MS: '1000',
  });
  trader = clientOf(positions.subgraph, 'trader');
});
afterAll(async () => {
  await positions.stop();
  await service.stop();
  await database.drop();
});

const RECORD = /* GraphQL */ `
  mutation ($trades: [TradeInput!]!) {
    recordTrades(input: { trades: $trades }) {
      results {
        ... on TradeRecorded {
          classification
          contractStatus
          uti
          duplicate
        }
        ... on TradeRefused {
          reason
          message
        }
      }
    }
  }
`;

const record = async (tradeId: string, changes: object = {}) => {
  const trade = {
    tradeId,
    bookId: 'book-1',
    accountId: 'acc-1',
    symbol: 'AAPL',
    side: 'BUY',
    quantity: '100',
    price: '10',
    effectiveDate: '2026-11-20',
    ...changes,
  };
  const data = (await trader.data(RECORD, { trades: [trade] })) as {
    recordTrades: { results: object[] };
  };
  return data.recordTrades.results[0];
};

describe('PS-5 contractStatus', () => {
  test('is pending while the service is away, and generated once it is back', async () => {
    service.be('FAIL');
    expect(await record('T1')).toMatchObject({
      contractStatus: 'CONTRACT_PENDING',
      uti: null,
      duplicate: false,
    });
    service.be('ANSWER');
    await expect
      .poll(() => record('T1'), SETTLED_WITHIN)
      .toMatchObject({ contractStatus: 'GENERATED', uti: utiOfService('T1'), duplicate: true });
  });

  test('of a late trade is pending until its position is corrected', async () => {
    expect(await record('T2')).toMatchObject({ contractStatus: 'GENERATED' });
    const late = { effectiveDate: '2026-11-19' };
    expect(await record('T3', late)).toMatchObject({
      classification: 'BACKDATED',
      contractStatus: 'CONTRACT_PENDING',
      uti: null,
    });
    await expect
      .poll(() => record('T3', late), SETTLED_WITHIN)
      .toMatchObject({ contractStatus: 'GENERATED', uti: utiOfService('T3') });
    const events = await positions.sql<{ event_type: string }[]>`
      select event_type from positions.event_store where position_key like '%|ACC-1|%'
      order by event_ver`;
    const types = events.map((each) => each.event_type);
    expect(types.indexOf('HISTORICAL_POSITION_CORRECTED')).toBeLessThan(
      types.lastIndexOf('CONTRACT_GENERATED'),
    );
    expect(types.filter((type) => type === 'CONTRACT_GENERATED')).toHaveLength(2);
  });
});
