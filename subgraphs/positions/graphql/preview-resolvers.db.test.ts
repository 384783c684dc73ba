import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  type Book,
  correctionsOf,
  type CorrectionStream,
  G1,
  lateStories,
  type LateStories,
  type ToldTrade,
} from '../../../test/support/late-stories.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';

let database: TestDatabase;
let stories: LateStories;
let corrections: CorrectionStream;
let viewer: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  stories = await lateStories(database.url);
  corrections = await correctionsOf(stories.positions);
  viewer = clientOf(stories.positions.subgraph, 'viewer');
});
afterAll(async () => {
  await corrections.end();
  await stories.stop();
  await database.drop();
});

const CHANGE = 'quantity costBasis { amount } realizedPnl { amount }';
const FIGURES = `${CHANGE} lotCount`;
const PREVIEW = `query ($trade: TradeInput!) { previewTrade(trade: $trade) {
  accepted reason message duplicate positionId classification effect reliefMethod events
  before { ${FIGURES} } after { ${FIGURES} } delta { ${CHANGE} } realizedPnl { amount }
  allocations { lot takenQuantity gain { amount } }
  lots { id quantity costBasis { amount } }
  reconciliationStatus
  correction {
    refusal after { ${FIGURES} } delta { ${CHANGE} } realizedPnl { amount }
    restatedGains { tradeId eventVersion before { amount } after { amount } }
    restatedCount restatedTotal { amount }
  }
} }`;

interface Shown {
  readonly quantity: string;
  readonly costBasis: { readonly amount: string };
  readonly realizedPnl: { readonly amount: string };
}
interface ShownPreview {
  readonly before: Shown | null;
  readonly after: Shown | null;
  readonly delta: Shown | null;
  readonly correction: { readonly after: Shown | null; readonly delta: Shown | null } | null;
}

const figures = (shown: Shown | null | undefined) =>
  shown && [shown.quantity, shown.costBasis.amount, shown.realizedPnl.amount].join(' / ');

const X: ToldTrade = { id: 'X', side: 'BUY', quantity: '80', price: '11', on: '2026-03-05' };

function inputOf(book: Book, { id, on, ...terms }: ToldTrade, changes: object = {}) {
  const { bookId, accountId, contractId } = book;
  const owner = { bookId, accountId, contractId, symbol: 'AAPL' };
  return { ...owner, tradeId: book.tradeId(id), effectiveDate: on, ...terms, ...changes };
}

async function previewOf(trade: object): Promise<ShownPreview> {
  const data = await viewer.data(PREVIEW, { trade });
  return (data as { previewTrade: ShownPreview }).previewTrade;
}

/** What every table that positions write to has of a book. */
async function rowCounts({ key, accountId }: Book) {
  const [counts] = await stories.positions.sql`
    select
      (select count(*) from positions.event_store where position_key = ${key.text})::int as events,
      (select last_ver from positions.snapshot_store where position_key = ${key.text}) as version,
      (select count(*) from positions.idempotency_store where position_key = ${key.text})::int
        as commands,
      (select count(*) from positions.contract_pending where position_key = ${key.text})::int
        as contracts,
      (select count(*) from positions.dead_letter
        where payload::text like ${`%"${accountId}"%`})::int as letters,
      (select count(*) from platform.outbox where key = ${key.text})::int as records`;
  return counts;
}

describe('previewTrade of a backdated trade', () => {
  test.each([
    ['FIFO', '50 / 600 / 650', '130 / 1480 / 650', '130 / 1530 / 700', '0 / 50 / 50'],
    ['LIFO', '50 / 500 / 550', '130 / 1380 / 550', '130 / 1330 / 500', '0 / -50 / -50'],
    ['HIFO', '50 / 500 / 550', '130 / 1380 / 550', '130 / 1330 / 500', '0 / -50 / -50'],
    ['AVERAGE', '50 / 550 / 600', '130 / 1430 / 600', '130 / 1430 / 600', '0 / 0 / 0'],
  ])('[G-1] %s: before, provisional, corrected', async (method, before, estimate, after, delta) => {
    const book = await stories.under(method);
    await book.record(...G1);
    const preview = await previewOf(inputOf(book, X));
    expect(preview).toMatchObject({
      accepted: true,
      duplicate: false,
      classification: 'BACKDATED',
    });
    expect([preview.before, preview.after, preview.correction?.after].map(figures)).toEqual([
      before,
      estimate,
      after,
    ]);
    expect(figures(preview.correction?.delta)).toBe(delta);
  });

  test('shows the effect on later sales, and the lots that are left', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1);
    expect(await previewOf(inputOf(book, X))).toMatchObject({
      effect: 'INCREASE',
      reliefMethod: 'FIFO',
      events: ['PROVISIONAL_TRADE_APPLIED'],
      realizedPnl: { amount: '0' },
      reconciliationStatus: 'PROVISIONAL',
      lots: [
        { id: book.tradeId('X'), quantity: '30', costBasis: { amount: '330' } },
        { id: book.tradeId('E2'), quantity: '100', costBasis: { amount: '1200' } },
      ],
      correction: {
        refusal: null,
        restatedGains: [
          {
            tradeId: book.tradeId('E3'),
            eventVersion: 3,
            before: { amount: '650' },
            after: { amount: '700' },
          },
        ],
        restatedCount: 1,
        restatedTotal: { amount: '50' },
      },
    });
  });

  test('writes nothing, and is what recording the trade then comes to', async () => {
    const book = await stories.under('LIFO');
    await book.record(...G1);
    const before = await rowCounts(book);
    const preview = await previewOf(inputOf(book, X));
    expect(await rowCounts(book)).toEqual(before);

    const [recorded] = await book.record(X);
    expect(recorded?.figures).toBe(figures(preview.after));
    expect((await corrections.of(book)).after).toBe(figures(preview.correction?.after));
    const again = await previewOf(inputOf(book, X));
    expect(again).toMatchObject({ accepted: true, duplicate: true, correction: null, events: [] });
    expect(figures(again.after)).toBe(figures(preview.correction?.after));
    expect(await previewOf(inputOf(book, X, { quantity: '81' }))).toMatchObject({
      accepted: false,
      reason: 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT',
      before: null,
    });
  });

  test('says that a long-only contract would keep it provisional', async () => {
    const book = await stories.under('FIFO', { longOnly: true });
    await book.record(...G1);
    const sale: ToldTrade = {
      id: 'Y',
      side: 'SELL',
      quantity: '60',
      price: '13',
      on: '2026-03-06',
    };
    expect(await previewOf(inputOf(book, sale))).toMatchObject({
      accepted: true,
      correction: { refusal: 'OVERSOLD_AFTER_REPLAY', after: null, restatedGains: [] },
    });
  });
});

describe('previewTrade of other trades', () => {
  test('shows the trail of a sale of today, and no correction', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1);
    const sale: ToldTrade = {
      id: 'S',
      side: 'SELL',
      quantity: '20',
      price: '16',
      on: '2026-11-20',
    };
    const preview = await previewOf(inputOf(book, sale));
    expect(preview).toMatchObject({
      classification: 'CURRENT_DATED',
      effect: 'DECREASE',
      realizedPnl: { amount: '80' },
      allocations: [{ lot: book.tradeId('E2'), takenQuantity: '20', gain: { amount: '80' } }],
      reconciliationStatus: 'RECONCILED',
      correction: null,
    });
    expect(figures(preview.delta)).toBe('-20 / -240 / 80');
  });

  test('shows that a trade of a later day is booked only', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1);
    const later: ToldTrade = {
      id: 'F',
      side: 'BUY',
      quantity: '20',
      price: '16',
      on: '2026-11-23',
    };
    const preview = await previewOf(inputOf(book, later));
    expect(preview).toMatchObject({
      classification: 'FORWARD_DATED',
      effect: null,
      realizedPnl: null,
      events: ['FORWARD_TRADE_BOOKED'],
    });
    expect(figures(preview.after)).toBe(figures(preview.before));
  });

  test.each<[string, object, string]>([
    ['a symbol nobody knows', { symbol: 'NOPE' }, 'UNKNOWN_INSTRUMENT'],
    ['no quantity', { quantity: '0' }, 'INVALID_QUANTITY'],
    ['a contract nobody defined', { contractId: 'NOBODY' }, 'UNKNOWN_CONTRACT'],
    [
      'more than is held',
      { side: 'SELL', quantity: '51', effectiveDate: '2026-11-20' },
      'OVERSELL',
    ],
  ])('is refused for %s by the reason that recording has', async (_case, changes, reason) => {
    const book = await stories.under('FIFO', { longOnly: true });
    await book.record(...G1);
    const before = await rowCounts(book);
    expect(await previewOf(inputOf(book, X, changes))).toMatchObject({
      accepted: false,
      reason,
      classification: null,
      after: null,
      lots: [],
    });
    expect(await rowCounts(book)).toEqual(before);
  });
});

describe('compareReliefMethods', () => {
  const COMPARE = `query ($trade: TradeInput!) { compareReliefMethods(trade: $trade) {
    method inForce applicable reason message allocations { lot takenQuantity }
    realizedPnl { amount } shortTermGain { amount } longTermGain { amount }
    remainingCostBasis { amount } lotCount
  } }`;
  const LOTS: readonly ToldTrade[] = [
    { id: 'L1', side: 'BUY', quantity: '100', price: '50.05', on: '2025-01-05' },
    { id: 'L2', side: 'BUY', quantity: '100', price: '60.05', on: '2026-02-10' },
    { id: 'L3', side: 'BUY', quantity: '50', price: '45.10', on: '2026-03-15' },
  ];
  const SALE: ToldTrade = { id: 'S', side: 'SELL', quantity: '120', price: '58', on: '2026-04-20' };
  const compared = async (trade: object) => {
    const data = await viewer.data(COMPARE, { trade });
    return (data as { compareReliefMethods: readonly object[] }).compareReliefMethods;
  };

  test('[G-9] shows every method side by side, and the terms of the gains', async () => {
    const book = await stories.under('LIFO');
    await book.record(...LOTS);
    const electedLots = [
      { lotId: book.tradeId('L3'), quantity: '50' },
      { lotId: book.tradeId('L2'), quantity: '70' },
    ];
    const before = await rowCounts(book);
    const rows = await compared(inputOf(book, SALE, { fees: '6', electedLots }));
    const row = (
      method: string,
      gains: readonly (string | null)[],
      left: string,
      lotCount: number,
    ) => {
      const [realizedPnl, shortTermGain, longTermGain] = gains.map((each) =>
        each === null ? null : { amount: each },
      );
      const common = { method, inForce: method === 'LIFO', applicable: true, reason: null };
      const gained = { realizedPnl, shortTermGain, longTermGain };
      return { ...common, ...gained, remainingCostBasis: { amount: left }, lotCount };
    };
    expect(rows).toMatchObject([
      row('FIFO', ['748', '-42', '790'], '7059', 2),
      row('LIFO', ['495.5', '495.5', '0'], '6806.5', 2),
      row('HIFO', ['-52', '-210', '158'], '6259', 2),
      row('LOFO', ['1195.5', '642.5', '553'], '7506.5', 2),
      row('AVERAGE', ['586.8', null, null], '6897.8', 1),
      row('SPECIFIC', ['495.5', '495.5', '0'], '6806.5', 2),
    ]);
    expect(await rowCounts(book)).toEqual(before);
  });

  test('says why a method cannot be applied', async () => {
    const book = await stories.under('FIFO');
    await book.record(...LOTS);
    expect((await compared(inputOf(book, SALE)))[5]).toMatchObject({
      method: 'SPECIFIC',
      applicable: false,
      reason: 'LOTS_NOT_ELECTED',
      realizedPnl: null,
    });
    const reasons = async (changes: object) => {
      const rows = await compared(inputOf(book, SALE, changes));
      return new Set(rows.map((each) => (each as { reason: string }).reason));
    };
    expect(await reasons({ side: 'BUY' })).toEqual(new Set(['NOTHING_TO_CLOSE']));
    expect(await reasons({ quantity: '0' })).toEqual(new Set(['TRADE_REFUSED']));
  });

  test('takes the lots that are open on the day of the trade', async () => {
    const book = await stories.under('FIFO');
    await book.record(...LOTS);
    const early = inputOf(book, SALE, { quantity: '50', effectiveDate: '2026-01-20' });
    const rows = await compared(early);
    const methods = rows.filter((each) => (each as { applicable: boolean }).applicable);
    expect(methods).toHaveLength(5);
    for (const each of methods) {
      expect(each).toMatchObject({ allocations: [{ lot: book.tradeId('L1') }], lotCount: 1 });
    }
  });
});
