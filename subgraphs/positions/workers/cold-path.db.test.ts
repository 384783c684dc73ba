import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  type Book,
  correctionsOf,
  type CorrectionStream,
  G1,
  lateStories,
  type LateStories,
} from '../../../test/support/late-stories.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';

let database: TestDatabase;
let stories: LateStories;
let corrections: CorrectionStream;
let operations: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  stories = await lateStories(database.url);
  corrections = await correctionsOf(stories.positions);
  operations = clientOf(stories.positions.subgraph, 'operations', 'admin');
});
afterAll(async () => {
  await corrections.end();
  await stories.stop();
  await database.drop();
});

const DEFINE = `mutation ($input: DefineContractInput!) {
  defineContract(input: $input) { __typename }
}`;
const RETRY = `mutation ($input: PositionKeyInput!) {
  retryCorrection(input: $input) {
    __typename
    ... on CorrectionRetried { position { reconciliationStatus statusReason } }
    ... on RetryCorrectionRefused { reason message }
  }
}`;

/** Figures as `quantity / basis / realized`. */
const G1_ROWS = [
  ['FIFO', '50 / 600 / 650', '130 / 1480 / 650', '130 / 1530 / 700', '0 / 50 / 50'],
  ['LIFO', '50 / 500 / 550', '130 / 1380 / 550', '130 / 1330 / 500', '0 / -50 / -50'],
  ['HIFO', '50 / 500 / 550', '130 / 1380 / 550', '130 / 1330 / 500', '0 / -50 / -50'],
  ['AVERAGE', '50 / 550 / 600', '130 / 1430 / 600', '130 / 1430 / 600', '0 / 0 / 0'],
] as const;

describe('PS-5 [G-1] a backdated purchase', () => {
  test.each(G1_ROWS)('under %s', async (method, before, provisional, corrected, delta) => {
    const book = await stories.under(method);
    await book.record(...G1);
    expect(await book.position()).toMatchObject({ figures: before, status: 'RECONCILED' });

    const recorded = await book.record({
      id: 'X',
      side: 'BUY',
      quantity: '80',
      price: '11',
      on: '2026-03-05',
    });
    expect(recorded).toEqual([
      { classification: 'BACKDATED', figures: provisional, status: 'PROVISIONAL', version: 4 },
    ]);

    expect(await corrections.of(book)).toMatchObject({
      causedBy: [book.tradeId('X')],
      version: 5,
      beforeTrade: before,
      before: provisional,
      after: corrected,
      delta,
      position: { figures: corrected, status: 'RECONCILED' },
    });
    expect(await book.position()).toMatchObject({
      figures: corrected,
      status: 'RECONCILED',
    });
  });

  test('leaves the lots of its place, and restates the gain of the sale', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1, {
      id: 'X',
      side: 'BUY',
      quantity: '80',
      price: '11',
      on: '2026-03-05',
    });
    const correction = await corrections.of(book);
    expect(correction.restatedGains).toEqual([
      { tradeId: book.tradeId('E3'), eventVersion: 3, before: '650', after: '700' },
    ]);
    expect(correction.replayedCount).toBe(4);
    expect((await book.position()).lots).toEqual(['X 30 2026-03-05 330', 'E2 100 2026-03-09 1200']);
  });
});

describe('PS-5 a late trade that changes many gains', () => {
  test('tells all of them, though its record has only the first', async () => {
    const book = await stories.under('FIFO');
    const sales = Array.from({ length: 120 }, (_, index) => ({
      id: `S${index}`,
      side: 'SELL' as const,
      quantity: '1',
      price: '15',
      on: '2026-03-16',
    }));
    await book.record({ id: 'E1', side: 'BUY', quantity: '500', price: '10', on: '2026-03-02' });
    await book.record(...sales);
    await book.record({ id: 'X', side: 'BUY', quantity: '500', price: '9', on: '2026-03-01' });
    const { restatedGains, restatedCount, restatedTotal } = await corrections.of(book);
    expect(restatedGains.map((each) => [each.tradeId, each.before, each.after])).toEqual(
      sales.map(({ id }) => [book.tradeId(id), '5', '6']),
    );
    expect([restatedCount, restatedTotal]).toEqual([120, '120']);
  });
});

describe('PS-5 [G-2] a backdated sale', () => {
  test.each([
    ['FIFO', '10 / 120 / 690'],
    ['LIFO', '10 / 100 / 670'],
    ['HIFO', '10 / 100 / 670'],
    ['AVERAGE', '10 / 112.5 / 682.5'],
  ] as const)('under %s', async (method, corrected) => {
    const book = await stories.under(method);
    await book.record(...G1);
    await book.record({ id: 'Y', side: 'SELL', quantity: '40', price: '13', on: '2026-03-06' });
    expect((await corrections.of(book)).after).toBe(corrected);
    expect(await book.position()).toMatchObject({ figures: corrected, status: 'RECONCILED' });
  });
});

describe('PS-5 [G-3] what was recorded and is undone', () => {
  test('a bust of the first purchase opens a short position', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1);
    await book.bust('E1');
    expect(await book.position()).toMatchObject({ status: 'PROVISIONAL' });
    expect((await corrections.of(book)).after).toBe('-50 / -750 / 300');
    expect((await book.position()).lots).toEqual(['E3 -50 2026-03-16 -750']);
  });

  test('an amendment of the second purchase changes what is left of it', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1);
    await book.amend('E2', { price: '12.50' });
    expect((await corrections.of(book)).after).toBe('50 / 625 / 625');
    expect(await book.position()).toMatchObject({ status: 'RECONCILED' });
  });
});

describe('the stream of corrections', () => {
  test('goes on after a sequence without a gap', async () => {
    const book = await stories.under('FIFO');
    await book.record(...G1);
    const seen: string[] = [];
    const sequences: string[] = [];
    for (const on of ['2026-03-03', '2026-03-04', '2026-03-05']) {
      await book.record({ id: `X${on}`, side: 'BUY', quantity: '1', price: '11', on });
      const { sequence, causedBy } = await corrections.of(book);
      sequences.push(sequence);
      seen.push(...causedBy);
    }
    const resumed = await correctionsOf(stories.positions, {
      after: sequences[0] ?? '',
      filter: { accountId: book.accountId },
    });
    const after = [await resumed.of(book), await resumed.of(book)];
    expect(after.flatMap(({ causedBy }) => causedBy)).toEqual(seen.slice(1));
    await resumed.end();
  });

  test('tells only of the positions asked for', async () => {
    const mine = await stories.under('FIFO');
    const other = await stories.under('FIFO');
    const stream = await correctionsOf(stories.positions, {
      filter: { accountId: mine.accountId.toLowerCase() },
    });
    for (const book of [other, mine]) {
      await book.record(...G1);
      await book.record({ id: 'X', side: 'BUY', quantity: '80', price: '11', on: '2026-03-05' });
      await corrections.of(book);
    }
    expect((await stream.next()).causedBy).toEqual([mine.tradeId('X')]);
    await stream.end();
  });
});

describe('OVERSOLD_AFTER_REPLAY', () => {
  test('stays provisional with its reason until somebody acts', async () => {
    const book = await stories.under('FIFO', { longOnly: true });
    await book.record(...G1);
    // Counted in its place, it leaves too few units for the sale of E3.
    await book.record({ id: 'Y', side: 'SELL', quantity: '50', price: '13', on: '2026-03-01' });
    await book.until({ statusReason: 'OVERSOLD_AFTER_REPLAY' });
    expect(await book.position()).toMatchObject({
      figures: '0 / 0 / 700',
      status: 'PROVISIONAL',
      statusReason: 'OVERSOLD_AFTER_REPLAY',
    });
    expect(await stories.provisional(book)).toEqual([book.accountId]);
    expect(await book.eventTypes()).toEqual([
      'TRADE_APPLIED',
      'TRADE_APPLIED',
      'TRADE_APPLIED',
      'PROVISIONAL_TRADE_APPLIED',
      'CORRECTION_REFUSED',
    ]);

    await book.bust('Y');
    expect((await corrections.of(book)).after).toBe('50 / 600 / 650');
    expect(await book.position()).toMatchObject({ status: 'RECONCILED', statusReason: null });
    expect(await stories.provisional(book)).toEqual([]);
  });

  const retried = async ({
    bookId,
    accountId,
    contractId,
  }: Pick<Book, 'bookId' | 'accountId' | 'contractId'>) => {
    const input = { bookId, accountId, contractId, symbol: 'AAPL' };
    const data = (await operations.data(RETRY, { input })) as { retryCorrection: unknown };
    return data.retryCorrection;
  };

  async function oversold() {
    const book = await stories.under('FIFO', { longOnly: true });
    await book.record(...G1);
    await book.record({ id: 'Y', side: 'SELL', quantity: '50', price: '13', on: '2026-03-01' });
    await book.until({ statusReason: 'OVERSOLD_AFTER_REPLAY' });
    return book;
  }

  test('is corrected when the contract may go short from now on', async () => {
    const book = await oversold();
    const { contractId } = book;
    const terms = { reliefMethod: 'FIFO', longOnly: false, effectiveFrom: '2026-01-01' };
    await operations.data(DEFINE, { input: { contractId, ...terms } });
    expect((await corrections.of(book)).position.status).toBe('RECONCILED');
    expect(await book.position()).toMatchObject({ status: 'RECONCILED', statusReason: null });
  });

  test('is tried again when operations ask for it, and says how it stands', async () => {
    const book = await oversold();
    const versionBefore = (await book.position()).version;
    expect(await retried(book)).toEqual({
      __typename: 'CorrectionRetried',
      position: { reconciliationStatus: 'PROVISIONAL', statusReason: 'OVERSOLD_AFTER_REPLAY' },
    });
    expect((await book.position()).version).toBe(versionBefore);
    await book.bust('Y');
    await book.until({ status: 'RECONCILED' });
    expect(await retried(book)).toMatchObject({ reason: 'NOTHING_TO_CORRECT' });
    expect(await retried({ ...book, accountId: 'NOBODY' })).toMatchObject({
      reason: 'UNKNOWN_POSITION',
    });
  });
});
