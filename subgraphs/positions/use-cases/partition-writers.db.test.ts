import type { Sql } from 'postgres';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { refuse } from '#kernel/decision';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { Recording } from '../main.ts';
import {
  aaplKeyOf,
  addInstruments,
  figuresOf,
  recordingOn,
  sentTrade,
  storedEventsOf,
  testClock,
} from '../../../test/support/positions-world.ts';
import { createPositionCache } from '../store/position-cache.ts';
import { createTradeBatchStore } from '../store/trade-batches.ts';
import { createTradePlaces } from '../store/trade-places.ts';
import { bustTrade } from './bust-trade.ts';
import {
  BATCHES_LOOKED_UP,
  createPartitionWriters,
  MAX_TRADES_IN_FLIGHT,
  MAX_TRADES_PER_BATCH,
} from './partition-writers.ts';
import {
  MAX_TRADES_PER_REQUEST,
  recordTrades,
  type RecordedTrade,
  type SentTrade,
} from './record-trades.ts';

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

describe('PS-1 two writers on the same positions', () => {
  test('are slow, and never wrong', async () => {
    const accountId = newAccount();
    const other = recordingOn(sql);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => {
        const tradeId = `${accountId}-${n}`;
        const trade = sentTrade({ accountId, tradeId, quantity: decimal('1') });
        return n % 2 === 0 ? record(trade) : other.recordTrades([trade]);
      }),
    );
    const versions = answers
      .flat()
      .map((each) => (each.type === 'RECORDED' ? each.eventVersion : 0));
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect(await figuresOf(sql, accountId)).toEqual({ version: 60, figures: '60 / 600 / 0' });
  });

  test('see a refusal on figures that the other one has changed', async () => {
    const accountId = newAccount();
    const most = '92233720368.54775807';
    const other = recordingOn(sql);
    await record(sentTrade({ accountId, quantity: decimal(most), price: decimal('0.01') }));
    await other.recordTrades([
      sentTrade({ accountId, tradeId: `${accountId}-OUT`, side: 'SELL', quantity: decimal('50') }),
    ]);
    const [answer] = await record(
      sentTrade({ accountId, tradeId: `${accountId}-IN`, quantity: decimal('50') }),
    );
    expect(answer).toMatchObject({ type: 'RECORDED', eventVersion: 3 });
  });
});

describe('PS-1 figures and events of a position', () => {
  test('are of one moment when a command is decided, whoever writes in between', async () => {
    const accountId = newAccount();
    const tradeId = `${accountId}-T1`;
    const trade = sentTrade({ accountId, tradeId });
    await record(trade);
    const store = createTradeBatchStore(sql);
    let isFirst = true;
    const writers = createPartitionWriters({
      batches: {
        ...store,
        async load(keys) {
          if (isFirst) await bustTrade(theirs, { tradeId, reason: 'error' }, trade.origin);
          isFirst = false;
          return store.load(keys);
        },
      },
      positions: createPositionCache(),
      checkpoints: { offer: () => undefined },
      clock: testClock,
      logger: silentLogger,
      pause: () => Promise.resolve(),
    });
    const theirs = { ...recording.deps, tradePlaces: createTradePlaces(sql) };
    const key = await theirs.tradePlaces.placeOf(tradeId);
    if (key === undefined) throw new Error('the trade has a place');
    const seen: (readonly [figures: number, events: readonly number[] | undefined])[] = [];
    await writers.submit([
      {
        key,
        once: null,
        origin: trade.origin,
        history: { tradeId },
        decide: ({ version }, { history }) => {
          seen.push([version, history?.map((event) => event.version)]);
          return refuse('ENOUGH');
        },
      },
    ]);
    expect(seen[0]).toEqual([2, [1, 2]]);
    expect(new Set(seen.map(String)).size).toBe(1);
    await writers.stop();
  });
});

describe('a command sent again', () => {
  test('long after the first time is found by the write, and then looked for in all', async () => {
    const accountId = newAccount();
    const store = createTradeBatchStore(sql);
    const lookedFor: number[] = [];
    const writers = createPartitionWriters({
      batches: {
        ...store,
        outcomesOf(ids) {
          lookedFor.push(ids.length);
          return store.outcomesOf(ids);
        },
      },
      positions: createPositionCache(),
      checkpoints: { offer: () => undefined },
      clock: testClock,
      logger: silentLogger,
      pause: () => Promise.resolve(),
    });
    const send = async (...numbers: readonly number[]) => {
      const trades = numbers.map((n) => sentTrade({ accountId, tradeId: `${accountId}-${n}` }));
      const answers = await recordTrades({ ...recording.deps, writers }, trades);
      return answers.map((each) => each.type === 'RECORDED' && each.eventVersion);
    };
    for (let n = 1; n <= BATCHES_LOOKED_UP; n += 1) await send(n);
    expect(lookedFor.splice(0)).toHaveLength(BATCHES_LOOKED_UP);
    expect(await send(7, BATCHES_LOOKED_UP + 1)).toEqual([7, BATCHES_LOOKED_UP + 1]);
    expect(lookedFor.splice(0)).toEqual([2]);
    expect(await send(8)).toEqual([8]);
    expect(lookedFor).toEqual([1]);
    await writers.stop();
  });
});

describe('group commit', () => {
  test('writes what waits in batches, in order of arrival', async () => {
    const accountId = newAccount();
    // Looks the instrument up, so that the requests below arrive in the order they are made.
    await record(sentTrade({ accountId: newAccount() }));
    const requests = Array.from({ length: 3 * MAX_TRADES_PER_BATCH }, (_, n) =>
      record(sentTrade({ accountId, tradeId: `${accountId}-${String(n).padStart(3, '0')}` })),
    );
    const answers = (await Promise.all(requests)).flat();
    expect(answers.map((each) => each.type === 'RECORDED' && each.eventVersion)).toEqual(
      answers.map((_, index) => index + 1),
    );
    const batches = await sql<{ trades: number }[]>`
      select count(*)::int as trades from platform.outbox
      where key = ${aaplKeyOf(accountId)} group by xid order by xid`;
    expect(batches.length).toBeLessThanOrEqual(6);
    expect(Math.max(...batches.map(({ trades }) => trades))).toBe(MAX_TRADES_PER_BATCH);
  });

  test('takes no more than its limit, and says so', async () => {
    const accountId = newAccount();
    const trades = Array.from({ length: MAX_TRADES_PER_REQUEST }, (_, n) =>
      sentTrade({ accountId, tradeId: `${accountId}-${n}` }),
    );
    const requests = Array.from({ length: MAX_TRADES_IN_FLIGHT / MAX_TRADES_PER_REQUEST + 1 }, () =>
      record(...trades),
    );
    const settled = await Promise.allSettled(requests);
    const failures = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(failures).toMatchObject([
      { code: 'RATE_LIMITED', details: { limit: 'MAX_TRADES_IN_FLIGHT' } },
    ]);
    expect(await storedEventsOf(sql, accountId)).toHaveLength(MAX_TRADES_PER_REQUEST);
    expect(recording.deps.writers.inFlight()).toBe(0);
  });

  test('isolates the trade that the database refuses, and records the others', async () => {
    const accountId = newAccount();
    const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
    await owner.unsafe(`
      alter table positions.event_store add constraint poison check (price <> 66600000000)`);
    try {
      const answers = await record(
        ...Array.from({ length: 9 }, (_, n) => {
          const price = decimal(n === 5 ? '666' : '1');
          return sentTrade({ accountId, tradeId: `${accountId}-${n}`, price });
        }),
      );
      expect(
        answers.map((each) => (each.type === 'REFUSED' ? each.reason : each.eventVersion)),
      ).toEqual([1, 2, 3, 4, 5, 'NOT_PROCESSED', 6, 7, 8]);
    } finally {
      await owner.unsafe('alter table positions.event_store drop constraint poison');
      await owner.end();
    }
  });
});
