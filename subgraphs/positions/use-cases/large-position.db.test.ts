import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { writeHistory } from '../../../test/support/large-position.ts';
import { allReconciled, bookkeeping } from '../../../test/support/positions-audit.ts';
import { FIRE_BOOK, type FireTrade } from '../../../test/support/positions-under-fire.ts';
import {
  type PositionsOnTest,
  startPositions,
  testClock,
} from '../../../test/support/positions-world.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';

const EVENTS = 100_000;
/** As many as a position may have. */
const LOTS = 10_000;
const LIMIT_MS = 120_000;
const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.parse('2025-11-20');
const DAYS = 360;

/** The same for everyone: tens of thousands of purchases and sales, then purchases only. */
const HISTORY = Array.from({ length: EVENTS }, (_, n): FireTrade => {
  const isLot = n >= EVENTS - LOTS;
  return trade(`H-${n}`, {
    side: isLot || n % 2 === 0 ? 'BUY' : 'SELL',
    quantity: isLot ? '10' : '5',
    price: String(10 + ((n * 7) % 90)),
    effectiveDate: dayOf(Math.floor((n * DAYS) / EVENTS)),
  });
});

let database: TestDatabase;
let positions: PositionsOnTest;
let client: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  positions = await startPositions(database.url);
  client = clientOf(positions.subgraph, 'operations');
  await writeHistory(positions.sql, HISTORY, testClock.today());
}, LIMIT_MS);
afterAll(async () => {
  await positions.stop();
  await database.drop();
});

describe('PS-2 a position of 10,000 lots and 100,000 events', () => {
  const late = trade('LATE', {
    side: 'SELL',
    quantity: '3',
    price: '50',
    effectiveDate: dayOf(DAYS / 2),
  });
  const current = trade('NOW', {
    side: 'SELL',
    quantity: '4',
    price: '60',
    effectiveDate: testClock.today(),
  });

  test('is what a bookkeeper says, and shows its lots in pages', async () => {
    const position = await positionNow();
    expect(position).toEqual(figures(EVENTS, HISTORY, 'RECONCILED'));
    expect(
      await client.data(`{ position(key: ${KEY}) { lots { quantity } lotsConnection(
      first: 500
    ) { edges { node { id } } pageInfo { hasNextPage } } } }`),
    ).toMatchObject({
      position: {
        lots: { length: LOTS },
        lotsConnection: { edges: { length: 500 }, pageInfo: { hasNextPage: true } },
      },
    });
  });

  test('takes a trade at once, and no lot more than its limit', async () => {
    const startedAt = performance.now();
    expect(await record(current)).toMatchObject({ eventVersion: EVENTS + 1, duplicate: false });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(await positionNow()).toEqual(figures(EVENTS + 1, [...HISTORY, current], 'RECONCILED'));
    const more: FireTrade = { ...current, tradeId: 'MORE', side: 'BUY' };
    expect(await record(more)).toMatchObject({ reason: 'TOO_MANY_LOTS' });
  });

  test(
    'takes a trade from half a year ago at once, and is corrected within seconds',
    async () => {
      const startedAt = performance.now();
      expect(await record(late)).toMatchObject({ eventVersion: EVENTS + 2 });
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      await allReconciled(positions.sql);
      const inPlace = [...HISTORY, late, current].toSorted((a, b) =>
        a.effectiveDate.localeCompare(b.effectiveDate),
      );
      expect(await positionNow()).toEqual(figures(EVENTS + 3, inPlace, 'RECONCILED'));
    },
    LIMIT_MS,
  );

  test(
    'is still what its history says',
    async () => {
      const { verifyPosition } = (await client.data(
        `{ verifyPosition(key: ${KEY}) { matches differences { field snapshot replay } } }`,
      )) as { verifyPosition: unknown };
      expect(verifyPosition).toEqual({ matches: true, differences: [] });
    },
    LIMIT_MS,
  );
});

const KEY = `{ bookId: "${FIRE_BOOK}", accountId: "LARGE", symbol: "AAPL" }`;

async function positionNow(): Promise<unknown> {
  const { position } = (await client.data(`{ position(key: ${KEY}) {
    version quantity costBasis { amount } realizedPnl { amount } reconciliationStatus
  } }`)) as { position: unknown };
  return position;
}

async function record(sent: FireTrade): Promise<unknown> {
  const { recordTrades } = (await client.data(
    `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) { results {
      ... on TradeRecorded { eventVersion duplicate } ... on TradeRefused { reason message }
    } } }`,
    { trades: [sent] },
  )) as { recordTrades: { results: readonly unknown[] } };
  return recordTrades.results[0];
}

function figures(version: number, trades: readonly FireTrade[], reconciliationStatus: string) {
  const [quantity, basis, realized] = bookkeeping(trades).map(String);
  return {
    version,
    quantity,
    costBasis: { amount: basis },
    realizedPnl: { amount: realized },
    reconciliationStatus,
  };
}

function trade(
  tradeId: string,
  changes: Pick<FireTrade, 'side' | 'quantity' | 'price' | 'effectiveDate'>,
): FireTrade {
  return { tradeId, bookId: FIRE_BOOK, accountId: 'LARGE', symbol: 'AAPL', ...changes };
}

function dayOf(day: number): string {
  return businessDate(new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10));
}
