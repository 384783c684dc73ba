import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { addInstruments, recordingOn, sentTrade } from '../../../test/support/positions-world.ts';
import { chanceOf } from '../../../test/support/seeded-random.ts';
import { canStartFrom, foldAsOf } from '../domain/fold.ts';
import { initialPosition } from '../domain/position.ts';
import { keyOf } from '../domain/position-test-support.ts';
import { recalculate } from '../domain/recalculation.ts';
import type { TradeRequest } from '../domain/trade.ts';
import { eventsAfter } from './event-rows.ts';
import { createHistoryStore, loadHistory } from './history.ts';

let database: TestDatabase;
let sql: Sql;
let recording: ReturnType<typeof recordingOn>;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 5, applicationName: 'history-test' });
  await addInstruments(sql);
  recording = recordingOn(sql);
});
afterAll(async () => {
  await recording.stop();
  await sql.end();
  await database.drop();
});

const FIRST_DAY = businessDate('2026-01-05');

async function record(
  trades: readonly (Partial<TradeRequest> & { accountId: string })[],
  by = recording,
): Promise<void> {
  for (const result of await by.recordTrades(trades.map(sentTrade))) {
    if (result.type !== 'RECORDED') throw new Error(JSON.stringify(result));
  }
}

/** Purchases and sales that cross zero; one in `lateEvery` comes days late. */
function randomTrades(
  accountId: string,
  { count, lateEvery }: Record<'count' | 'lateEvery', number>,
) {
  const { fraction: random } = chanceOf(count);
  return Array.from({ length: count }, (_, index) => ({
    accountId,
    tradeId: `${accountId}-${index}`,
    side: random() < 0.5 ? ('BUY' as const) : ('SELL' as const),
    quantity: decimal(`${1 + Math.floor(random() * 50)}.${Math.floor(random() * 10)}`),
    price: decimal(`${10 + Math.floor(random() * 90)}.25`),
    fees: random() < 0.5 ? decimal('1.5') : null,
    effectiveDate: addDays(
      FIRST_DAY,
      Math.floor(index / 4) - (index % lateEvery === lateEvery - 1 ? 3 : 0),
    ),
  }));
}

const everything = (accountId: string) =>
  eventsAfter(sql, keyOf({ bookId: 'BOOK-1', accountId }), { after: 0, limit: 10_000 });

describe('a history as a replay reads it', () => {
  test('comes to the same position and the same correction as all of it', async () => {
    await record(randomTrades('H1', { count: 300, lateEvery: 40 }));
    const key = keyOf({ bookId: 'BOOK-1', accountId: 'H1' });
    const lean = await loadHistory(sql, key, { after: 0, withShorts: true });
    const full = await everything('H1');
    expect(lean.map(({ version }) => version)).toEqual(full.map(({ version }) => version));
    expect(full.filter(({ event }) => event.type !== 'TRADE_APPLIED').length).toBeGreaterThan(3);
    expect(foldAsOf(lean)).toEqual(foldAsOf(full));
    for (const isLongOnly of [false, true]) {
      expect(recalculate(lean, { isLongOnly })).toEqual(recalculate(full, { isLongOnly }));
    }
  });

  test('begins and ends where it is told to', async () => {
    const key = keyOf({ bookId: 'BOOK-1', accountId: 'H1' });
    const versions = (await loadHistory(sql, key, { after: 7, upTo: 12 })).map(
      ({ version }) => version,
    );
    expect(versions).toEqual([8, 9, 10, 11, 12]);
    expect(
      await loadHistory(sql, keyOf({ bookId: 'BOOK-1', accountId: 'NONE' }), { after: 0 }),
    ).toEqual([]);
  });

  test('knows the method that the position began with', async () => {
    const key = keyOf({ bookId: 'BOOK-1', accountId: 'H1' });
    const [first] = await loadHistory(sql, key, { after: 0 });
    expect(first?.event).toEqual((await everything('H1'))[0]?.event);
  });
});

describe('where a recalculation begins', () => {
  test('is the newest checkpoint that nothing late concerns', async () => {
    const count = 700;
    const other = recordingOn(sql);
    await record(randomTrades('H2', { count, lateEvery: 10_000 }), other);
    // Checkpoints are written in the background; the end waits for them.
    await other.stop();
    const key = keyOf({ bookId: 'BOOK-1', accountId: 'H2' });
    const history = createHistoryStore(sql);
    const late = (daysAgo: number, id: string) =>
      record([
        {
          accountId: 'H2',
          tradeId: `H2-${id}`,
          quantity: decimal('3'),
          effectiveDate: addDays(FIRST_DAY, Math.floor(count / 4) - daysAgo),
        },
      ]);

    await late(10, 'NEAR');
    const near = addDays(FIRST_DAY, Math.floor(count / 4) - 10);
    const fromNear = await history.load(key, { earliest: near, withShorts: false });
    expect(fromNear.from.version).toBeGreaterThanOrEqual(500);
    expect(fromNear.events).toHaveLength(count + 1 - fromNear.from.version);
    expect(canStartFrom(fromNear.from, fromNear.events, null)).toBe(true);
    const full = await everything('H2');
    const whole = recalculate(full, { isLongOnly: false });
    const short = recalculate(fromNear.events, { isLongOnly: false }, fromNear.from);
    if (whole.type !== 'RECALCULATED' || short.type !== 'RECALCULATED') throw new Error('refused');
    expect(short.recalculated.state).toEqual(whole.recalculated.state);
    expect(short.recalculated.restatements).toEqual(whole.recalculated.restatements);
    expect(short.recalculated.beforeTrade).toEqual(whole.recalculated.beforeTrade);

    // The record tells of the late trade nearby; another one lies before all checkpoints.
    await late(170, 'FAR');
    const fromFar = await history.load(key, { earliest: near, withShorts: false });
    expect(fromFar.from).toEqual(initialPosition);
    expect(fromFar.events).toHaveLength(count + 2);
  });
});
