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
  operations = clientOf(stories.positions.subgraph, 'operations');
});
afterAll(async () => {
  await corrections.end();
  await stories.stop();
  await database.drop();
});

const DONE = `tradeId eventVersion duplicate
  position { quantity costBasis { amount } realizedPnl { amount } reconciliationStatus }`;
const REFUSED = 'tradeId reason message';
const BUST = `mutation ($input: BustTradeInput!) {
  bustTrade(input: $input) {
    __typename ... on TradeBusted { ${DONE} } ... on BustRefused { ${REFUSED} }
  }
}`;
const AMEND = `mutation ($input: AmendTradeInput!) {
  amendTrade(input: $input) {
    __typename ... on TradeAmended { ${DONE} } ... on AmendmentRefused { ${REFUSED} }
  }
}`;
const ELECT = `mutation ($input: ElectLotsInput!) {
  electLots(input: $input) {
    __typename ... on LotsElected { ${DONE} } ... on ElectionRefused { ${REFUSED} }
  }
}`;

interface Answer {
  readonly __typename: string;
  readonly reason?: string;
  readonly message?: string;
  readonly eventVersion?: number;
  readonly duplicate?: boolean;
  readonly position?: { readonly quantity: string; readonly reconciliationStatus: string };
}

async function ask(document: string, input: object, client = operations): Promise<Answer> {
  const data = (await client.data(document, { input })) as Readonly<Record<string, Answer>>;
  const [answer] = Object.values(data);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const bust = (tradeId: string, reason = 'wrong account') => ask(BUST, { tradeId, reason });
const amend = (tradeId: string, amendmentId: string, terms: object) =>
  ask(AMEND, { tradeId, amendmentId, reason: 'wrong price', ...terms });

async function toldG1(method = 'FIFO'): Promise<Book> {
  const book = await stories.under(method);
  await book.record(...G1);
  return book;
}

const purchase = (id: string, on: string) =>
  ({ id, side: 'BUY', quantity: '100', price: '10', on }) as const;

describe('PS-7 bustTrade', () => {
  test('[G-3] without E1 the sale closes E2 and goes short', async () => {
    const book = await toldG1();
    const first = await bust(book.tradeId('E1'));
    expect(first).toMatchObject({
      __typename: 'TradeBusted',
      tradeId: book.tradeId('E1'),
      eventVersion: 4,
      duplicate: false,
      position: { quantity: '-50', reconciliationStatus: 'PROVISIONAL' },
    });
    expect(await corrections.of(book)).toMatchObject({
      causedBy: [book.tradeId('E1')],
      before: expect.stringMatching(/^-50 /),
      after: '-50 / -750 / 300',
      position: { status: 'RECONCILED' },
    });
    expect(await book.position()).toMatchObject({
      figures: '-50 / -750 / 300',
      status: 'RECONCILED',
      version: 5,
    });
  });

  test('happens once: the same again is answered as before, others are refused', async () => {
    const book = await toldG1();
    const first = await bust(book.tradeId('E2'));
    await corrections.of(book);
    expect(await bust(book.tradeId('E2'))).toMatchObject({
      eventVersion: first.eventVersion,
      duplicate: true,
      position: { reconciliationStatus: 'RECONCILED' },
    });
    expect(await bust(book.tradeId('E2'), 'another reason')).toMatchObject({
      __typename: 'BustRefused',
      reason: 'ALREADY_BUSTED',
    });
    expect((await book.eventTypes()).filter((type) => type === 'TRADE_BUSTED')).toHaveLength(1);
  });

  test('sent ten times at once it happens once', async () => {
    const book = await toldG1();
    const answers = await Promise.all(Array.from({ length: 10 }, () => bust(book.tradeId('E3'))));
    expect(answers.filter(({ duplicate }) => duplicate === false)).toHaveLength(1);
    expect(new Set(answers.map(({ eventVersion }) => eventVersion))).toEqual(new Set([4]));
    expect(await corrections.of(book)).toMatchObject({ after: '200 / 2200 / 0' });
  });

  test('of a booking takes it off its day, and nothing is computed anew', async () => {
    const book = await stories.under('FIFO');
    await book.record(purchase('T1', '2026-11-20'), purchase('F1', '2026-12-01'));
    expect(await bust(book.tradeId('F1'))).toMatchObject({
      position: { quantity: '100', reconciliationStatus: 'RECONCILED' },
    });
    expect(await book.eventTypes()).toEqual([
      'TRADE_APPLIED',
      'FORWARD_TRADE_BOOKED',
      'TRADE_BUSTED',
    ]);
  });

  test('refuses trades that nobody recorded, and ids of other commands', async () => {
    const book = await toldG1();
    await bust(book.tradeId('E1'));
    for (const tradeId of ['NEVER-SEEN', `bust ${book.tradeId('E1')}`]) {
      expect(await bust(tradeId)).toMatchObject({ tradeId, reason: 'UNKNOWN_TRADE' });
    }
    await corrections.of(book);
  });

  test('needs a reason, and the right to correct', async () => {
    await expect(bust('T', ' ')).rejects.toThrow('reason: expected 1 to');
    const trader = clientOf(stories.positions.subgraph, 'trader');
    const asTrader = ask(BUST, { tradeId: 'T', reason: 'r' }, trader);
    await expect(asTrader).rejects.toThrow('positions:correct');
  });
});

describe('PS-7 amendTrade', () => {
  test('[G-3] E2 at 12.50 leaves 50 / 625 / 625', async () => {
    const book = await toldG1();
    const amended = await amend(book.tradeId('E2'), book.tradeId('A1'), { price: '12.50' });
    expect(amended).toMatchObject({
      __typename: 'TradeAmended',
      eventVersion: 4,
      duplicate: false,
      position: { quantity: '50', reconciliationStatus: 'PROVISIONAL' },
    });
    expect(await corrections.of(book)).toMatchObject({
      causedBy: [book.tradeId('E2')],
      after: '50 / 625 / 625',
    });
    expect(await book.position()).toMatchObject({ status: 'RECONCILED', version: 5 });
  });

  test('happens once by its id, and another one under the id is refused', async () => {
    const book = await toldG1();
    const id = book.tradeId('A1');
    await amend(book.tradeId('E2'), id, { price: '12.50' });
    await corrections.of(book);
    expect(await amend(book.tradeId('E2'), id, { price: '12.500' })).toMatchObject({
      eventVersion: 4,
      duplicate: true,
    });
    expect(await amend(book.tradeId('E2'), id, { price: '13' })).toMatchObject({
      reason: 'DUPLICATE_AMENDMENT_ID_DIFFERENT_CONTENT',
    });
  });

  test('leaves every term that is not given as it was, amended ones included', async () => {
    const book = await toldG1();
    await amend(book.tradeId('E2'), book.tradeId('A1'), { price: '12.50' });
    await amend(book.tradeId('E2'), book.tradeId('A2'), { fees: '5' });
    await book.until({ status: 'RECONCILED', figures: '50 / 627.5 / 622.5' });
    expect(await book.eventTypes()).toContain('TRADE_AMENDED');
  });

  test('moves a trade to another day', async () => {
    const book = await toldG1();
    await amend(book.tradeId('E2'), book.tradeId('A1'), { effectiveDate: '2026-03-01' });
    expect(await corrections.of(book)).toMatchObject({ after: '50 / 500 / 550' });
  });

  test.each([
    [{ quantity: '0' }, 'INVALID_QUANTITY'],
    [{ price: '-1' }, 'INVALID_PRICE'],
    [{ price: '92233720369' }, 'INVALID_PRICE'],
    [{ fees: '-0.01' }, 'NEGATIVE_FEES'],
    [{ effectiveDate: '2028-01-01' }, 'EFFECTIVE_DATE_TOO_FAR'],
    [{ executedAt: '2026-12-24T00:00:00Z' }, 'EXECUTED_IN_THE_FUTURE'],
    [{}, 'NOTHING_AMENDED'],
    [{ price: '12.00' }, 'NOTHING_AMENDED'],
    [{ effectiveDate: '2026-12-01' }, 'EFFECTIVE_DATE_IN_FUTURE'],
  ])('%j is refused as %s', async (terms, reason) => {
    const book = await toldG1();
    expect(await amend(book.tradeId('E2'), book.tradeId('A1'), terms)).toMatchObject({
      __typename: 'AmendmentRefused',
      tradeId: book.tradeId('E2'),
      reason,
    });
    expect(await book.position()).toMatchObject({ version: 3, status: 'RECONCILED' });
  });

  test('refuses busted and unknown trades, and malformed ids', async () => {
    const book = await toldG1();
    await bust(book.tradeId('E2'));
    expect(await amend(book.tradeId('E2'), book.tradeId('A1'), { price: '0' })).toMatchObject({
      reason: 'ALREADY_BUSTED',
    });
    expect(await amend('NEVER-SEEN', 'A9', {})).toMatchObject({ reason: 'UNKNOWN_TRADE' });
    await expect(amend(book.tradeId('E1'), 'a b', {})).rejects.toThrow('amendmentId: expected');
    await corrections.of(book);
  });

  test('a bust and an amendment at once: whoever is second knows of the first', async () => {
    const book = await toldG1();
    const [busted, amended] = await Promise.all([
      bust(book.tradeId('E2')),
      amend(book.tradeId('E2'), book.tradeId('A1'), { price: '12.50' }),
    ]);
    expect(busted).toMatchObject({ __typename: 'TradeBusted' });
    // The amendment may have been there before.
    expect([undefined, 'ALREADY_BUSTED']).toContain(amended.reason);
    await book.until({ status: 'RECONCILED', figures: '-50 / -750 / 500' });
  });
});

describe('PS-6 electLots', () => {
  const elect = (tradeId: string, commandId: string, lots: readonly object[]) =>
    ask(ELECT, { tradeId, commandId, lots });

  async function withSale(on = '2026-11-20'): Promise<Book> {
    const book = await stories.under('FIFO');
    await book.record(
      { id: 'L1', side: 'BUY', quantity: '100', price: '10', on: '2026-11-02' },
      { id: 'L2', side: 'BUY', quantity: '100', price: '12', on: '2026-11-03' },
      { id: 'S1', side: 'SELL', quantity: '50', price: '15', on },
    );
    return book;
  }

  test('the sale takes the lots from its correction on', async () => {
    const book = await withSale();
    const lots = [{ lotId: book.tradeId('L2'), quantity: '50' }];
    expect(await elect(book.tradeId('S1'), book.tradeId('C1'), lots)).toMatchObject({
      __typename: 'LotsElected',
      duplicate: false,
    });
    expect(await corrections.of(book)).toMatchObject({
      before: '150 / 1700 / 250',
      after: '150 / 1600 / 150',
    });
    expect(await elect(book.tradeId('S1'), book.tradeId('C1'), lots)).toMatchObject({
      duplicate: true,
    });
    expect(await elect(book.tradeId('S1'), book.tradeId('C1'), [])).toMatchObject({
      reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
    });
  });

  test('refuses at once lots that were not there on the day of the sale', async () => {
    const book = await withSale('2026-11-19');
    await book.record({ id: 'L3', side: 'BUY', quantity: '100', price: '9', on: '2026-11-20' });
    const before = await book.position();
    const wrong = async (id: string, ...lots: readonly object[]) => {
      const answer = await elect(book.tradeId('S1'), book.tradeId(`W${id}`), lots);
      expect(answer.reason).toBe('INVALID_LOT_ELECTION');
      expect(answer.message).toContain(book.tradeId(id));
    };
    await wrong('L9', { lotId: book.tradeId('L9'), quantity: '50' });
    await wrong('L3', { lotId: book.tradeId('L3'), quantity: '50' });
    await wrong('S1', { lotId: book.tradeId('L1'), quantity: '49' });
    await book.record({ id: 'S2', side: 'SELL', quantity: '60', price: '15', on: '2026-11-20' });
    const chosen = [{ lotId: book.tradeId('L2'), quantity: '60' }];
    await elect(book.tradeId('S2'), book.tradeId('C2'), chosen);
    await corrections.of(book);
    const taken = await elect(book.tradeId('S1'), book.tradeId('C1'), [
      { lotId: book.tradeId('L2'), quantity: '50' },
    ]);
    expect(taken.reason).toBe('INVALID_LOT_ELECTION');
    expect(taken.message).toContain(
      'expected lots that no other sale needs, were those of event 5',
    );
    expect((await book.position()).status).toBe('RECONCILED');
    expect(before.status).toBe('RECONCILED');
  });

  test('refuses what cannot be an election, in order of precedence', async () => {
    const book = await withSale();
    const lots = [{ lotId: book.tradeId('L2'), quantity: '51' }];
    expect(await elect(book.tradeId('S1'), 'C2', lots)).toMatchObject({
      reason: 'INVALID_LOT_ELECTION',
    });
    expect(await elect(book.tradeId('S1'), 'C3', [])).toMatchObject({
      reason: 'LOTS_NOT_ELECTED',
    });
    expect(await elect('NEVER-SEEN', 'C4', lots)).toMatchObject({ reason: 'UNKNOWN_TRADE' });
    const settled = await withSale('2026-11-17');
    expect(await elect(settled.tradeId('S1'), 'C5', lots)).toMatchObject({
      reason: 'SETTLED_ALREADY',
    });
  });
});
