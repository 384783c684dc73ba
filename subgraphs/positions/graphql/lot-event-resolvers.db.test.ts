import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  type Book,
  G1,
  lateStories,
  type LateStories,
} from '../../../test/support/late-stories.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';

let database: TestDatabase;
let stories: LateStories;
let operations: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  stories = await lateStories(database.url);
  operations = clientOf(stories.positions.subgraph, 'operations');
});
afterAll(async () => {
  await stories.stop();
  await database.drop();
});

const FIGURES = 'quantity costBasis { amount } realizedPnl { amount } lotCount';
const TERMS = 'side quantity price { amount } fees { amount } effectiveDate';
const EVENTS = `query ($key: PositionKeyInput!) {
  position(key: $key) { events { edges { node {
    version type tradeId effectiveDate tipDate realizedPnl { amount }
    allocations {
      lot takenQuantity unitCost basisOut { amount } proceeds { amount } gain { amount } rank
    }
    details {
      __typename
      ... on BookingDetails { askedDate }
      ... on AmendmentDetails {
        amendmentId targetVersion amendedBecause: reason
        oldTerms { ${TERMS} } newTerms { ${TERMS} }
      }
      ... on BustDetails { targetVersion bustedBecause: reason }
      ... on WashSaleDetails {
        causedByVersion disallowed { amount }
        adjustments { saleTradeId lossLot replacementLot quantity acquiredOn }
      }
      ... on ElectionDetails { targetVersion elected: lots { lot quantity } }
      ... on CorrectionDetails {
        basedOnVersion settles causedBy replayedCount
        beforeTrade { ${FIGURES} } before { ${FIGURES} } after { ${FIGURES} }
        restatedGains { tradeId eventVersion before { amount } after { amount } }
      }
      ... on CorrectionRefusalDetails { refusedBecause: reason versions message }
    }
  } } } }
}`;

interface Shown {
  readonly type: string;
  readonly allocations: readonly object[];
  readonly details: object | null;
}

async function eventsOf({ bookId, accountId, contractId }: Book): Promise<readonly Shown[]> {
  const key = { bookId, accountId, contractId, symbol: 'AAPL' };
  const data = (await operations.data(EVENTS, { key })) as {
    readonly position: { readonly events: { readonly edges: readonly { node: Shown }[] } };
  };
  return data.position.events.edges.map(({ node }) => node);
}

const PROJECTED = `query ($key: PositionKeyInput!) {
  now: position(key: $key) { quantity projectedQuantity }
  before: position(key: $key, effectiveAt: "2026-11-20") { quantity }
}`;
const BUST = `mutation ($input: BustTradeInput!) { bustTrade(input: $input) { __typename } }`;
const AMEND = `mutation ($input: AmendTradeInput!) { amendTrade(input: $input) { __typename } }`;
const MONEY = (amount: string) => ({ amount });

describe('PS-10 the trail of events', () => {
  test('[G-1] of a sale goes down to its lots, and a correction says what it changed', async () => {
    const book = await stories.under('FIFO');
    const late = { id: 'X', side: 'BUY', quantity: '80', price: '11', on: '2026-03-05' } as const;
    await book.record(...G1, late);
    await book.until({ status: 'RECONCILED', version: 5 });

    const [, , sale, provisional, corrected] = await eventsOf(book);
    expect(sale).toMatchObject({
      type: 'TRADE_APPLIED',
      tipDate: null,
      details: null,
      allocations: [
        {
          lot: book.tradeId('E1'),
          takenQuantity: '100',
          unitCost: '10',
          basisOut: MONEY('1000'),
          proceeds: MONEY('1500'),
          gain: MONEY('500'),
          rank: 1,
        },
        {
          lot: book.tradeId('E2'),
          takenQuantity: '50',
          unitCost: '12',
          basisOut: MONEY('600'),
          proceeds: MONEY('750'),
          gain: MONEY('150'),
          rank: 2,
        },
      ],
    });
    expect(provisional).toMatchObject({
      type: 'PROVISIONAL_TRADE_APPLIED',
      effectiveDate: '2026-03-05',
      tipDate: '2026-03-16',
    });
    expect(corrected).toMatchObject({
      type: 'HISTORICAL_POSITION_CORRECTED',
      realizedPnl: MONEY('50'),
      details: {
        __typename: 'CorrectionDetails',
        basedOnVersion: 4,
        settles: [4],
        causedBy: [book.tradeId('X')],
        replayedCount: 4,
        beforeTrade: { quantity: '50', costBasis: MONEY('600'), realizedPnl: MONEY('650') },
        before: { quantity: '130', costBasis: MONEY('1480'), realizedPnl: MONEY('650') },
        after: { quantity: '130', costBasis: MONEY('1530'), realizedPnl: MONEY('700') },
        restatedGains: [
          {
            tradeId: book.tradeId('E3'),
            eventVersion: 3,
            before: MONEY('650'),
            after: MONEY('700'),
          },
        ],
      },
    });
  });

  test('[G-3] of a bust and an amendment says what they concern and estimate', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1);
    await operations.data(AMEND, {
      input: {
        tradeId: book.tradeId('E2'),
        amendmentId: book.tradeId('A1'),
        price: '12.50',
        reason: 'misread',
      },
    });
    await operations.data(BUST, {
      input: { tradeId: book.tradeId('E1'), reason: 'never happened' },
    });
    await book.until({ status: 'RECONCILED' });

    const events = await eventsOf(book);
    const amended = events.find(({ type }) => type === 'TRADE_AMENDED');
    expect(amended).toMatchObject({
      tradeId: book.tradeId('E2'),
      tipDate: '2026-03-16',
      details: {
        __typename: 'AmendmentDetails',
        amendmentId: book.tradeId('A1'),
        targetVersion: 2,
        amendedBecause: 'misread',
        oldTerms: { side: 'BUY', quantity: '100', price: MONEY('12') },
        newTerms: { side: 'BUY', quantity: '100', price: MONEY('12.5') },
      },
    });
    // The reversal takes the 50 of E2 that are left, and crosses zero with the rest.
    expect(amended?.allocations[0]).toMatchObject({ lot: book.tradeId('E2'), takenQuantity: '50' });
    expect(events.find(({ type }) => type === 'TRADE_BUSTED')).toMatchObject({
      tradeId: book.tradeId('E1'),
      details: { __typename: 'BustDetails', targetVersion: 1, bustedBecause: 'never happened' },
    });
  });

  test('of a booking keeps the day that was asked for', async () => {
    const book = await stories.under('FIFO');
    await book.record({ id: 'F', side: 'BUY', quantity: '1', price: '9', on: '2026-11-28' });
    expect(await eventsOf(book)).toMatchObject([
      {
        type: 'FORWARD_TRADE_BOOKED',
        effectiveDate: '2026-11-30',
        details: { __typename: 'BookingDetails', askedDate: '2026-11-28' },
      },
    ]);
    await book.record({ id: 'S', side: 'SELL', quantity: '4', price: '9', on: '2026-11-27' });
    const { bookId, accountId, symbol, contractId } = book.key;
    const projected = await operations.data(PROJECTED, {
      key: { bookId, accountId, symbol, contractId },
    });
    expect(projected).toEqual({
      now: { quantity: '0', projectedQuantity: '-3' },
      before: null,
    });
  });

  test('of a correction that was refused says why the estimate stands', async () => {
    const book = await stories.under('FIFO', { longOnly: true });
    await book.record(...G1);
    await operations.data(BUST, { input: { tradeId: book.tradeId('E1'), reason: 'wrong' } });
    await book.until({ statusReason: 'OVERSOLD_AFTER_REPLAY' });
    expect((await eventsOf(book)).at(-1)).toMatchObject({
      type: 'CORRECTION_REFUSED',
      details: {
        __typename: 'CorrectionRefusalDetails',
        refusedBecause: 'OVERSOLD_AFTER_REPLAY',
        versions: [3],
      },
    });
  });
});
