import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { allSettled } from '../../../test/support/positions-audit.ts';
import { type PositionsOnTest, startPositions } from '../../../test/support/positions-world.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';

let database: TestDatabase;
/** Two processes on one database, as far as the positions can tell. */
let ours: PositionsOnTest;
let theirs: PositionsOnTest;
let clients: readonly SubgraphClient[];
let account = '';
let accounts = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ours = await startPositions(database.url);
  theirs = await startPositions(database.url);
  clients = [ours, theirs].map(({ subgraph }) => clientOf(subgraph, 'operations'));
});
beforeEach(async () => {
  account = `ACC-${(accounts += 1)}`;
  await recordAll([
    trade('E1', 'BUY', '100', '10', '2026-03-02'),
    trade('E2', 'BUY', '100', '12', '2026-03-09'),
  ]);
});
afterAll(async () => {
  await Promise.all([ours.stop(), theirs.stop()]);
  await database.drop();
});

const X = () => trade('X', 'BUY', '80', '11', '2026-03-05');

describe('PS-8 a late trade counts once', () => {
  test('twice in one request', async () => {
    const answers = await recordAll([X(), X()]);
    expect(answers).toMatchObject([
      { classification: 'BACKDATED', duplicate: false },
      { classification: 'BACKDATED', duplicate: true },
    ]);
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '280' });
  });

  test('in many requests at once, by two processes', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => recordAll([X()], n % 2)),
    );
    expect(answers.flat().filter(({ duplicate }) => duplicate === false)).toHaveLength(1);
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '280' });
  });

  test('sent again after its correction: the answer is the first one', async () => {
    const [first] = await recordAll([X()]);
    await afterwards();
    const [again] = await recordAll([X()], 1);
    expect(again).toEqual({ ...first, duplicate: true });
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '280' });
  });

  test('with another body: refused, and the first one stands', async () => {
    await recordAll([X()]);
    const [other] = await recordAll([{ ...X(), price: '11.5' }], 1);
    expect(other).toMatchObject({ reason: 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT' });
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '280' });
  });
});

describe('PS-8 what undoes a trade counts once', () => {
  test('a bust, in many requests at once, by two processes', async () => {
    const busts = await Promise.all(Array.from({ length: 12 }, (_, n) => bust('E1', 'why', n % 2)));
    expect(new Set(busts.map(({ eventVersion }) => eventVersion)).size).toBe(1);
    expect(busts.filter(({ duplicate }) => duplicate === false)).toHaveLength(1);
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '100' });
  });

  test('a bust for another reason is refused', async () => {
    await bust('E1', 'why', 0);
    expect(await bust('E1', 'another', 1)).toMatchObject({ reason: 'ALREADY_BUSTED' });
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '100' });
  });

  test('an amendment, at once and again after its correction', async () => {
    const amendments = await Promise.all(
      Array.from({ length: 12 }, (_, n) => amend('E2', '50', n % 2)),
    );
    expect(amendments.filter(({ duplicate }) => duplicate === false)).toHaveLength(1);
    await afterwards();
    expect(await amend('E2', '50', 0)).toMatchObject({ duplicate: true });
    expect(await amend('E2', '60', 1)).toMatchObject({
      reason: 'DUPLICATE_AMENDMENT_ID_DIFFERENT_CONTENT',
    });
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '150' });
  });

  test('a busted trade sent again stays busted', async () => {
    await bust('E2', 'why', 0);
    const sentAgain = trade('E2', 'BUY', '100', '12', '2026-03-09');
    expect(await recordAll([sentAgain], 1)).toMatchObject([{ duplicate: true }]);
    expect(await afterwards()).toEqual({ late: 1, corrections: 1, quantity: '100' });
  });
});

test('PS-8 a long-only sale of all, at two processes at once, is no oversale', async () => {
  await clientOfProcess(0).data(`mutation { defineContract(input: {
    contractId: "LONG", reliefMethod: FIFO, longOnly: true, washSales: false,
    effectiveFrom: "2026-01-01"
  }) { __typename } }`);
  const held = { ...trade('L', 'BUY', '100', '10', '2026-03-02'), contractId: 'LONG' };
  await recordAll([held]);
  const sale = { ...trade('S', 'SELL', '100', '11', '2026-03-03'), contractId: 'LONG' };
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => recordAll([sale], n % 2)));
  expect(answers.flat().filter(({ duplicate }) => duplicate === false)).toHaveLength(1);
  expect(answers.flat().filter(({ duplicate }) => duplicate === true)).toHaveLength(11);
});

interface Answer {
  readonly eventVersion?: number;
  readonly classification?: string;
  readonly duplicate?: boolean;
  readonly reason?: string;
}

function clientOfProcess(process: number): SubgraphClient {
  const client = clients[process];
  if (client === undefined) throw new Error(`there is no process ${process}`);
  return client;
}

function trade(id: string, side: string, quantity: string, price: string, effectiveDate: string) {
  const tradeId = `${account}-${id}`;
  return {
    tradeId,
    bookId: 'B',
    accountId: account,
    symbol: 'AAPL',
    side,
    quantity,
    price,
    effectiveDate,
  };
}

async function recordAll(
  trades: readonly ReturnType<typeof trade>[],
  process = 0,
): Promise<readonly Answer[]> {
  const { recordTrades } = (await clientOfProcess(process).data(
    `mutation ($trades: [TradeInput!]!) { recordTrades(input: { trades: $trades }) { results {
      ... on TradeRecorded { eventVersion classification duplicate } ... on TradeRefused { reason }
    } } }`,
    { trades },
  )) as { recordTrades: { results: readonly Answer[] } };
  return recordTrades.results;
}

async function bust(id: string, reason: string, process: number): Promise<Answer> {
  const { bustTrade } = (await clientOfProcess(process).data(
    `mutation ($input: BustTradeInput!) { bustTrade(input: $input) {
      ... on TradeBusted { eventVersion duplicate } ... on BustRefused { reason }
    } }`,
    { input: { tradeId: `${account}-${id}`, reason } },
  )) as { bustTrade: Answer };
  return bustTrade;
}

async function amend(id: string, quantity: string, process: number): Promise<Answer> {
  const tradeId = `${account}-${id}`;
  const { amendTrade } = (await clientOfProcess(process).data(
    `mutation ($input: AmendTradeInput!) { amendTrade(input: $input) {
      ... on TradeAmended { eventVersion duplicate } ... on AmendmentRefused { reason }
    } }`,
    { input: { tradeId, amendmentId: `A-${tradeId}`, quantity, reason: 'why' } },
  )) as { amendTrade: Answer };
  return amendTrade;
}

/** Once everything is in its place: what the account's history holds. */
async function afterwards(): Promise<unknown> {
  await allSettled(ours.sql);
  const [found] = await ours.sql`
    select count(*) filter (where event_type in
        ('PROVISIONAL_TRADE_APPLIED', 'TRADE_BUSTED', 'TRADE_AMENDED'))::int as late,
      count(*) filter (where event_type = 'HISTORICAL_POSITION_CORRECTED')::int as corrections,
      (select trim_scale(quantity / 1e8)::text from positions.snapshot_store
       where account_id = ${account}) as quantity
    from positions.event_store where position_key like ${`B|${account}|%`}`;
  return found;
}
