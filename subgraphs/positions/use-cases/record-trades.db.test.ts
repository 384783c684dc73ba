import type { Sql } from 'postgres';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { tradeApplied } from '#kernel/topics/trade-applied';
import { tradeRefused } from '#kernel/topics/trade-refused';
import { fixedClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { buildRecording, type Recording } from '../main.ts';
import { createPositionRepository } from '../store/positions.ts';
import type { TradeRequest } from '../domain/trade.ts';
import { MAX_TRADES_IN_FLIGHT, MAX_TRADES_PER_BATCH } from './partition-writers.ts';
import { MAX_TRADES_PER_REQUEST, type RecordedTrade, type SentTrade } from './record-trades.ts';

const clock = fixedClock(Date.parse('2026-11-20T14:30:00Z'));

let database: TestDatabase;
let sql: Sql;
let recording: Recording;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'positions-test' });
  await sql`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    values ('ins_AAPL', 'AAPL', 'Apple', 'EQUITY', 'USD'),
      ('ins_MSFT', 'MSFT', 'Microsoft', 'EQUITY', 'USD'),
      ('ins_SAP', 'SAP', 'SAP', 'EQUITY', 'EUR')`;
});
beforeEach(() => {
  recording = buildRecording({ sql, clock, logger: silentLogger });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

let nextAccount = 0;
/** Each test has a position of its own, so that tests do not see each other. */
const newAccount = () => `ACC-${(nextAccount += 1)}`;

const sent = (changes: Partial<TradeRequest> & { readonly accountId: string }): SentTrade => ({
  request: {
    tradeId: `${changes.accountId}-T1`,
    bookId: 'BOOK-1',
    symbol: 'AAPL',
    side: 'BUY',
    quantity: decimal('100'),
    price: decimal('10'),
    currency: null,
    fees: null,
    effectiveDate: businessDate('2026-11-20'),
    executedAtMs: null,
    contractId: null,
    clOrdId: null,
    ...changes,
  },
  origin: {
    source: 'graphql',
    user: 'trader',
    correlationId: 'correlation-1',
    causationId: null,
  },
});

const record = async (...trades: readonly SentTrade[]): Promise<readonly RecordedTrade[]> =>
  recording.recordTrades(trades);

const keyOf = (accountId: string) => `BOOK-1|${accountId}|INS_AAPL|USD|-|NET`;

const figuresOf = async (accountId: string) => {
  const summary = (await createPositionRepository(sql).byKeys([keyOf(accountId)])).get(
    keyOf(accountId),
  );
  if (summary === undefined) return undefined;
  const { version, quantity, costBasis, realizedPnl } = summary.figures;
  return { version, figures: [quantity, costBasis, realizedPnl].map(formatDecimal).join(' / ') };
};

const eventsOf = (accountId: string) => sql<{ event_ver: number; trade_id: string }[]>`
  select event_ver, trade_id from positions.event_store
  where position_key = ${keyOf(accountId)} order by event_ver`;

describe('a batch of trades', () => {
  test('is counted, stored, and published, in the order given', async () => {
    const accountId = newAccount();
    const answers = await record(
      sent({ accountId, tradeId: 'G1', fees: decimal('5'), clOrdId: 'ORD-1' }),
      sent({ accountId, tradeId: 'G2', side: 'SELL', quantity: decimal('40') }),
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
    expect(await figuresOf(accountId)).toEqual({ version: 2, figures: '60 / 603 / -2' });

    const published = await sql`
      select payload, correlation_id from platform.outbox
      where topic = 'trade-applied' and key = ${keyOf(accountId)} order by xid, id`;
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
      sent({
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
    const { position } = await positions.replay(key, {});
    const { lots, ...figures } = position;
    expect(summary?.figures).toEqual(figures);
    expect(await positions.lots(key, 150)).toEqual(lots);
    expect(figures.version).toBe(150);
    // Also for a state that the snapshot has left behind.
    expect(await positions.lots(key, 1)).toEqual([
      expect.objectContaining({ lotId: `${accountId}-0` }),
    ]);
  });

  test('has recording times that strictly grow, also when the clock jumps back', async () => {
    const accountId = newAccount();
    await record(...[1, 2, 3].map((n) => sent({ accountId, tradeId: `${accountId}-${n}` })));
    const owner = postgres(database.ownerUrl, { max: 1 });
    await owner`
      update positions.snapshot_store set last_recorded_at = last_recorded_at + interval '1 hour'
      where position_key = ${keyOf(accountId)}`;
    await owner.end();
    await record(...[4, 5].map((n) => sent({ accountId, tradeId: `${accountId}-${n}` })));
    const rows = await sql<{ grows: boolean; ahead: boolean }[]>`
      select recorded_at > lag(recorded_at) over w as grows,
        recorded_at > now() + interval '50 minutes' as ahead
      from positions.event_store where position_key = ${keyOf(accountId)}
      window w as (order by event_ver)`;
    expect(rows.map(({ grows }) => grows)).toEqual([null, true, true, true, true]);
    expect(rows.map(({ ahead }) => ahead)).toEqual([false, false, false, true, true]);
  });

  test('keeps the other trades when one is bad, and keeps the bad one too', async () => {
    const accountId = newAccount();
    const answers = await record(
      sent({ accountId, tradeId: `${accountId}-A` }),
      sent({ accountId, tradeId: `${accountId}-B`, symbol: 'NOPE', clOrdId: 'ORD-9' }),
      sent({ accountId, tradeId: `${accountId}-C`, quantity: decimal('0') }),
      sent({ accountId, tradeId: `${accountId}-D`, effectiveDate: businessDate('2026-11-19') }),
      sent({ accountId, tradeId: `${accountId}-E` }),
    );
    expect(answers.map((each) => (each.type === 'REFUSED' ? each.reason : each.type))).toEqual([
      'RECORDED',
      'UNKNOWN_INSTRUMENT',
      'INVALID_QUANTITY',
      'BACKDATED_NOT_SUPPORTED',
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

  test('keeps a refused trade once, however often it comes, and lets it in when it is right', async () => {
    const accountId = newAccount();
    const late = sent({ accountId, symbol: 'LATER' });
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
      sent({ accountId, tradeId: 'bad\u0000id', bookId: '\ud800'.repeat(3), symbol: 'x'.repeat(9e4) }),
    );
    expect(answer).toMatchObject({ reason: 'INVALID_TRADE_ID' });
  });

  test('is refused whole beyond its limit', async () => {
    const accountId = newAccount();
    const trades = Array.from({ length: MAX_TRADES_PER_REQUEST + 1 }, () => sent({ accountId }));
    await expect(record(...trades)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { limit: 'MAX_TRADES_PER_REQUEST' },
    });
  });
});

describe('PS-8 a trade counts once', () => {
  test('sent again after its answer was lost', async () => {
    const accountId = newAccount();
    const [first] = await record(sent({ accountId }));
    await record(sent({ accountId, tradeId: `${accountId}-T2` }));
    const [again] = await record(sent({ accountId, quantity: decimal('100.00') }));
    expect(again).toEqual({ ...first, position: null });
    expect(await eventsOf(accountId)).toHaveLength(2);
  });

  test('sent again to another process, or after a restart', async () => {
    const accountId = newAccount();
    await record(sent({ accountId }));
    const other = buildRecording({ sql, clock, logger: silentLogger });
    expect(await other.recordTrades([sent({ accountId })])).toMatchObject([
      { type: 'RECORDED', eventVersion: 1, position: null },
    ]);
    expect(await eventsOf(accountId)).toHaveLength(1);
  });

  test('twice in one request', async () => {
    const accountId = newAccount();
    const answers = await record(
      sent({ accountId }),
      sent({ accountId, tradeId: `${accountId}-T2` }),
      sent({ accountId }),
    );
    expect(answers).toMatchObject([{ eventVersion: 1 }, { eventVersion: 2 }, { eventVersion: 1 }]);
    expect(answers[2]).toMatchObject({ position: null });
    expect(await eventsOf(accountId)).toHaveLength(2);
  });

  test('in many requests at once, by two processes', async () => {
    const accountId = newAccount();
    const other = buildRecording({ sql, clock, logger: silentLogger });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0 ? record(sent({ accountId })) : other.recordTrades([sent({ accountId })]),
      ),
    );
    expect(answers.flat().map((each) => each.type === 'RECORDED' && each.eventVersion)).toEqual(
      Array.from({ length: 20 }, () => 1),
    );
    expect(answers.flat().filter((each) => each.type === 'RECORDED' && each.position)).toHaveLength(
      1,
    );
    expect(await eventsOf(accountId)).toHaveLength(1);
  });

  test('with other content: refused, and the first one stands', async () => {
    const accountId = newAccount();
    await record(sent({ accountId }));
    const [answer] = await record(sent({ accountId, price: decimal('11') }));
    expect(answer).toMatchObject({
      type: 'REFUSED',
      reason: 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT',
      message: expect.stringContaining(`recorded as event 1 of ${keyOf(accountId)}`),
    });
    expect(await figuresOf(accountId)).toEqual({ version: 1, figures: '100 / 1000 / 0' });
  });

  test('with other content at once, for another position in another partition', async () => {
    const accounts = [newAccount(), newAccount(), newAccount(), newAccount()];
    const tradeId = `${accounts[0]}-SHARED`;
    const answers = await record(...accounts.map((accountId) => sent({ accountId, tradeId })));
    expect(answers.map((each) => each.type).sort()).toEqual([
      'RECORDED',
      'REFUSED',
      'REFUSED',
      'REFUSED',
    ]);
  });
});

describe('PS-1 two writers on the same positions', () => {
  test('are slow, and never wrong', async () => {
    const accountId = newAccount();
    const other = buildRecording({ sql, clock, logger: silentLogger });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => {
        const trade = sent({ accountId, tradeId: `${accountId}-${n}`, quantity: decimal('1') });
        return n % 2 === 0 ? record(trade) : other.recordTrades([trade]);
      }),
    );
    const versions = answers.flat().map((each) => (each.type === 'RECORDED' ? each.eventVersion : 0));
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect(await figuresOf(accountId)).toEqual({ version: 60, figures: '60 / 600 / 0' });
  });

  test('see a refusal on figures that the other one has changed', async () => {
    const accountId = newAccount();
    const most = '92233720368.54775807';
    const other = buildRecording({ sql, clock, logger: silentLogger });
    await record(sent({ accountId, quantity: decimal(most), price: decimal('0.01') }));
    await other.recordTrades([
      sent({ accountId, tradeId: `${accountId}-OUT`, side: 'SELL', quantity: decimal('50') }),
    ]);
    const [answer] = await record(
      sent({ accountId, tradeId: `${accountId}-IN`, quantity: decimal('50') }),
    );
    expect(answer).toMatchObject({ type: 'RECORDED', eventVersion: 3 });
  });
});

describe('group commit', () => {
  test('writes what waits in batches, in order of arrival', async () => {
    const accountId = newAccount();
    // Looks the instrument up, so that the requests below arrive in the order they are made.
    await record(sent({ accountId: newAccount() }));
    const requests = Array.from({ length: 3 * MAX_TRADES_PER_BATCH }, (_, n) =>
      record(sent({ accountId, tradeId: `${accountId}-${String(n).padStart(3, '0')}` })),
    );
    const answers = (await Promise.all(requests)).flat();
    expect(answers.map((each) => each.type === 'RECORDED' && each.eventVersion)).toEqual(
      answers.map((_, index) => index + 1),
    );
    const batches = await sql<{ trades: number }[]>`
      select count(*)::int as trades from platform.outbox
      where key = ${keyOf(accountId)} group by xid order by xid`;
    expect(batches.length).toBeLessThanOrEqual(6);
    expect(Math.max(...batches.map(({ trades }) => trades))).toBe(MAX_TRADES_PER_BATCH);
  });

  test('takes no more than its limit, and says so', async () => {
    const accountId = newAccount();
    const trades = Array.from({ length: MAX_TRADES_PER_REQUEST }, (_, n) =>
      sent({ accountId, tradeId: `${accountId}-${n}` }),
    );
    const requests = Array.from({ length: MAX_TRADES_IN_FLIGHT / MAX_TRADES_PER_REQUEST + 1 }, () =>
      record(...trades),
    );
    const settled = await Promise.allSettled(requests);
    const failures = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(failures).toMatchObject([
      { code: 'RATE_LIMITED', details: { limit: 'MAX_TRADES_IN_FLIGHT' } },
    ]);
    expect(await eventsOf(accountId)).toHaveLength(MAX_TRADES_PER_REQUEST);
    expect(recording.deps.writers.inFlight()).toBe(0);
  });

  test('isolates the trade that the database refuses, and records the others', async () => {
    const accountId = newAccount();
    const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
    await owner.unsafe(`
      alter table positions.event_store add constraint poison check (price <> 66600000000)`);
    try {
      const answers = await record(
        ...Array.from({ length: 9 }, (_, n) =>
          sent({ accountId, tradeId: `${accountId}-${n}`, price: decimal(n === 5 ? '666' : '1') }),
        ),
      );
      expect(answers.map((each) => (each.type === 'REFUSED' ? each.reason : each.eventVersion)))
        .toEqual([1, 2, 3, 4, 5, 'NOT_PROCESSED', 6, 7, 8]);
    } finally {
      await owner.unsafe('alter table positions.event_store drop constraint poison');
      await owner.end();
    }
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
