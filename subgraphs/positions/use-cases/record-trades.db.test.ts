import type { Sql } from 'postgres';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { tradeApplied } from '#kernel/topics/trade-applied';
import { tradeRefused } from '#kernel/topics/trade-refused';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { Recording } from '../main.ts';
import { createPositionRepository } from '../store/positions.ts';
import {
  aaplKeyOf,
  addInstruments,
  figuresOf,
  recordingOn,
  sentTrade,
  storedEventsOf,
} from '../../../test/support/positions-world.ts';
import { MAX_TRADES_PER_REQUEST, type RecordedTrade, type SentTrade } from './record-trades.ts';

let database: TestDatabase;
let sql: Sql;
let recording: Recording;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'positions-test' });
  await addInstruments(sql);
});
beforeEach(() => {
  recording = recordingOn(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

let nextAccount = 0;
/** Each test has a position of its own, so that tests do not see each other. */
const newAccount = () => `ACC-${(nextAccount += 1)}`;

const record = async (...trades: readonly SentTrade[]): Promise<readonly RecordedTrade[]> =>
  recording.recordTrades(trades);

describe('a batch of trades', () => {
  test('is counted, stored, and published, in the order given', async () => {
    const accountId = newAccount();
    const answers = await record(
      sentTrade({ accountId, tradeId: 'G1', fees: decimal('5'), clOrdId: 'ORD-1' }),
      sentTrade({ accountId, tradeId: 'G2', side: 'SELL', quantity: decimal('40') }),
    );
    expect(answers).toMatchObject([
      {
        type: 'RECORDED',
        tradeId: 'G1',
        eventVersion: 1,
        classification: 'CURRENT_DATED',
        position: { quantity: decimal('100'), costBasis: decimal('1005') },
        uti: expect.stringMatching(/^TEST00PROTOTRADE0107PLMB20261120[A-Z0-9]{20}$/),
      },
      { type: 'RECORDED', eventVersion: 2, position: { quantity: decimal('60') } },
    ]);
    expect(await figuresOf(sql, accountId)).toEqual({ version: 2, figures: '60 / 603 / -2' });

    const published = await sql`
      select payload, correlation_id from platform.outbox
      where topic = 'trade-applied' and key = ${aaplKeyOf(accountId)} order by xid, id`;
    expect(published.map(({ payload }) => tradeApplied.parse(payload, 1))).toMatchObject([
      {
        tradeId: 'G1',
        clOrdId: 'ORD-1',
        eventVersion: 1,
        accountId,
        instrumentId: 'ins_AAPL',
        positionQuantity: decimal('100'),
        user: 'trader',
      },
      {
        tradeId: 'G2',
        eventVersion: 2,
        positionRealizedPnl: decimal('-2'),
        tradeRealizedPnl: decimal('-2'),
        positionLotCount: 1,
      },
    ]);
    expect(published[0]?.['correlation_id']).toBe('correlation-1');
  });

  test('replayed gives the snapshot back', async () => {
    const accountId = newAccount();
    const trades = Array.from({ length: 150 }, (_, index) =>
      sentTrade({
        accountId,
        tradeId: `${accountId}-${index}`,
        side: index % 3 === 2 ? 'SELL' : 'BUY',
        quantity: decimal(`${(index % 7) + 1}.${index}`),
        price: decimal(`${10 + (index % 11)}.07`),
        fees: decimal('0.03'),
      }),
    );
    const answers = await record(...trades);
    const key = answers[0]?.type === 'RECORDED' ? answers[0].key : undefined;
    if (key === undefined) throw new Error('expected the trades to be recorded');
    const positions = createPositionRepository(sql);
    const summary = (await positions.byKeys([key.text])).get(key.text);
    const { position } = await positions.replay(key);
    const { lots, ...figures } = position;
    expect(summary?.figures).toEqual(figures);
    expect(await positions.lotsOf([{ key, version: 150 }])).toEqual([lots]);
    expect(figures.version).toBe(150);
    // Also for a state that the snapshot has left behind.
    expect(await positions.lotsOf([{ key, version: 1 }])).toEqual([
      [expect.objectContaining({ lotId: `${accountId}-0` })],
    ]);
  });

  test('has recording times that strictly grow, also when the clock jumps back', async () => {
    const accountId = newAccount();
    await record(...[1, 2, 3].map((n) => sentTrade({ accountId, tradeId: `${accountId}-${n}` })));
    const owner = postgres(database.ownerUrl, { max: 1 });
    await owner`
      update positions.snapshot_store set last_recorded_at = last_recorded_at + interval '1 hour'
      where position_key = ${aaplKeyOf(accountId)}`;
    await owner.end();
    await record(...[4, 5].map((n) => sentTrade({ accountId, tradeId: `${accountId}-${n}` })));
    const rows = await sql<{ grows: boolean; ahead: boolean }[]>`
      select recorded_at > lag(recorded_at) over w as grows,
        recorded_at > now() + interval '50 minutes' as ahead
      from positions.event_store where position_key = ${aaplKeyOf(accountId)}
      window w as (order by event_ver)`;
    expect(rows.map(({ grows }) => grows)).toEqual([null, true, true, true, true]);
    expect(rows.map(({ ahead }) => ahead)).toEqual([false, false, false, true, true]);
  });

  test('keeps the other trades when one is bad, and keeps the bad one too', async () => {
    const accountId = newAccount();
    const tooFar = businessDate('2030-11-19');
    const answers = await record(
      sentTrade({ accountId, tradeId: `${accountId}-A` }),
      sentTrade({ accountId, tradeId: `${accountId}-B`, symbol: 'NOPE', clOrdId: 'ORD-9' }),
      sentTrade({ accountId, tradeId: `${accountId}-C`, quantity: decimal('0') }),
      sentTrade({ accountId, tradeId: `${accountId}-D`, effectiveDate: tooFar }),
      sentTrade({ accountId, tradeId: `${accountId}-E` }),
    );
    expect(answers.map((each) => (each.type === 'REFUSED' ? each.reason : each.type))).toEqual([
      'RECORDED',
      'UNKNOWN_INSTRUMENT',
      'INVALID_QUANTITY',
      'EFFECTIVE_DATE_TOO_FAR',
      'RECORDED',
    ]);
    const ids = answers.flatMap((each) => (each.type === 'REFUSED' ? [each.deadLetterId] : []));
    const letters = await sql`
      select reason, payload ->> 'tradeId' as trade_id from positions.dead_letter
      where id = any(${ids}::uuid[])`;
    expect(letters).toHaveLength(3);
    const refused = await sql`
      select payload from platform.outbox
      where topic = 'trade-refused' and key = ${`${accountId}-B`}`;
    expect(refused.map(({ payload }) => tradeRefused.parse(payload, 1))).toMatchObject([
      { clOrdId: 'ORD-9', reason: 'UNKNOWN_INSTRUMENT', deadLetterId: ids[0], symbol: 'NOPE' },
    ]);
  });

  test('keeps a refused trade once, and lets it in when it is right', async () => {
    const accountId = newAccount();
    const late = sentTrade({ accountId, symbol: 'LATER' });
    const [first] = await record(late);
    const [again] = await record(late);
    expect(again).toEqual(first);
    const published = await sql`
      select from platform.outbox where topic = 'trade-refused' and key = ${`${accountId}-T1`}`;
    expect(published).toHaveLength(1);
    await sql`
      insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
      values ('ins_LATER', 'LATER', 'Listed later', 'EQUITY', 'USD')`;
    expect(await record(late)).toMatchObject([{ type: 'RECORDED', eventVersion: 1 }]);
  });

  test('stores what no text column holds as a mark', async () => {
    const accountId = newAccount();
    const [answer] = await record(
      sentTrade({ accountId, tradeId: 'bad\u0000id', bookId: '\ud800', symbol: 'x'.repeat(9e4) }),
    );
    expect(answer).toMatchObject({ reason: 'INVALID_TRADE_ID' });
  });

  test('is refused whole beyond its limit', async () => {
    const accountId = newAccount();
    const length = MAX_TRADES_PER_REQUEST + 1;
    const trades = Array.from({ length }, () => sentTrade({ accountId }));
    await expect(record(...trades)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { limit: 'MAX_TRADES_PER_REQUEST' },
    });
  });
});

describe('PS-8 a trade counts once', () => {
  test('sent again after its answer was lost', async () => {
    const accountId = newAccount();
    const [first] = await record(sentTrade({ accountId }));
    await record(sentTrade({ accountId, tradeId: `${accountId}-T2` }));
    const [again] = await record(sentTrade({ accountId, quantity: decimal('100.00') }));
    expect(again).toEqual({ ...first, position: null });
    expect(await storedEventsOf(sql, accountId)).toHaveLength(2);
  });

  test('sent again to another process, or after a restart', async () => {
    const accountId = newAccount();
    await record(sentTrade({ accountId }));
    const other = recordingOn(sql);
    expect(await other.recordTrades([sentTrade({ accountId })])).toMatchObject([
      { type: 'RECORDED', eventVersion: 1, position: null },
    ]);
    expect(await storedEventsOf(sql, accountId)).toHaveLength(1);
  });

  test('twice in one request', async () => {
    const accountId = newAccount();
    const answers = await record(
      sentTrade({ accountId }),
      sentTrade({ accountId, tradeId: `${accountId}-T2` }),
      sentTrade({ accountId }),
    );
    expect(answers).toMatchObject([{ eventVersion: 1 }, { eventVersion: 2 }, { eventVersion: 1 }]);
    expect(answers[2]).toMatchObject({ position: null });
    expect(await storedEventsOf(sql, accountId)).toHaveLength(2);
  });

  test('in many requests at once, by two processes', async () => {
    const accountId = newAccount();
    const other = recordingOn(sql);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? recording : other).recordTrades([sentTrade({ accountId })]),
      ),
    );
    expect(answers.flat().map((each) => each.type === 'RECORDED' && each.eventVersion)).toEqual(
      Array.from({ length: 20 }, () => 1),
    );
    expect(answers.flat().filter((each) => each.type === 'RECORDED' && each.position)).toHaveLength(
      1,
    );
    expect(await storedEventsOf(sql, accountId)).toHaveLength(1);
  });

  test('with other content: refused, and the first one stands', async () => {
    const accountId = newAccount();
    await record(sentTrade({ accountId }));
    const [answer] = await record(sentTrade({ accountId, price: decimal('11') }));
    expect(answer).toMatchObject({
      type: 'REFUSED',
      reason: 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT',
      message: expect.stringContaining(`recorded as event 1 of ${aaplKeyOf(accountId)}`),
    });
    expect(await figuresOf(sql, accountId)).toEqual({ version: 1, figures: '100 / 1000 / 0' });
  });

  test('with other content at once, for another position in another partition', async () => {
    const accounts = [newAccount(), newAccount(), newAccount(), newAccount()];
    const tradeId = `${accounts[0]}-SHARED`;
    const answers = await record(...accounts.map((accountId) => sentTrade({ accountId, tradeId })));
    expect(answers.map((each) => each.type).sort()).toEqual([
      'RECORDED',
      'REFUSED',
      'REFUSED',
      'REFUSED',
    ]);
  });
});

describe('the runtime role', () => {
  test.each(['update positions.event_store set price = 1', 'delete from positions.event_store'])(
    'may not %s',
    async (statement) => {
      await expect(sql.unsafe(statement)).rejects.toThrow('permission denied');
    },
  );
});
