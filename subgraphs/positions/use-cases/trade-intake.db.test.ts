import { Registry } from 'prom-client';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  aaplKeyOf,
  addInstruments,
  sentTrade,
  testClock,
} from '../../../test/support/positions-world.ts';
import { buildRecording, type Recording } from '../main.ts';
import { recordTrades, type SentTrade } from './record-trades.ts';
import { createTradeLimits, SHED_BACKDATED_DEPTH } from './trade-limits.ts';

let database: TestDatabase;
let sql: Sql;
let metrics: Registry;
let recording: Recording;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'positions-test' });
  await addInstruments(sql);
});
beforeEach(() => {
  metrics = new Registry();
  recording = buildRecording({
    sql,
    clock: testClock,
    logger: silentLogger,
    metrics,
    config: readConfig({ TRADES_PER_SECOND: '2000', POSITION_TRADES_PER_SECOND: '100' }),
  });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const metric = async (name: string) => (await metrics.getSingleMetric(name)?.get())?.values;

const trades = (accountId: string, from: number, count: number): readonly SentTrade[] =>
  Array.from({ length: count }, (_, n) =>
    sentTrade({ accountId, tradeId: `${accountId}-${from + n}` }),
  );

describe('PS-11 rates', () => {
  test('let a burst on one position in, then say when to come again', async () => {
    await recording.recordTrades(trades('HOT', 0, 1_000));
    await expect(recording.recordTrades(trades('HOT', 1_000, 500))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringContaining(`100 trades a second of ${aaplKeyOf('HOT')}`),
      details: { limit: 'POSITION_TRADES_PER_SECOND', retryAfterMs: expect.any(Number) },
    });
    const [stored] = await sql`
      select last_ver from positions.snapshot_store where position_key = ${aaplKeyOf('HOT')}`;
    expect(stored).toEqual({ last_ver: 1_000 });
    expect(await recording.recordTrades(trades('COLD', 0, 1))).toMatchObject([
      { type: 'RECORDED' },
    ]);
    expect(await metric('plumbline_positions_rate_limited_total')).toMatchObject([
      { value: 1, labels: { limit: 'POSITION_TRADES_PER_SECOND' } },
    ]);
  });

  test('do not charge for trades that the gate refuses', async () => {
    for (let n = 0; n < 3; n += 1) {
      const bad = trades('BAD', n * 400, 400).map(({ request, origin }) => ({
        request: { ...request, symbol: 'NOPE' },
        origin,
      }));
      const answers = await recording.recordTrades(bad);
      expect(answers[0]).toMatchObject({ reason: 'UNKNOWN_INSTRUMENT' });
    }
  });
});

describe('PS-11 load shedding', () => {
  const overloaded = () => ({
    ...recording.deps,
    limits: createTradeLimits({
      tradesPerSecond: 1e6,
      positionTradesPerSecond: 1e6,
      maxTradesPerRequest: 1_000,
      queueDepth: () => SHED_BACKDATED_DEPTH,
      monotonicMs: () => 0,
    }),
  });
  const late = (accountId: string) =>
    sentTrade({
      accountId,
      tradeId: `${accountId}-LATE`,
      effectiveDate: businessDate('2026-11-19'),
    });

  test('puts off what comes late, keeps nothing of it, and counts what is current', async () => {
    await recording.recordTrades(trades('S1', 0, 1));
    const answers = await recordTrades(overloaded(), [
      late('S1'),
      // Of the same earlier day, but the first of its position: current.
      late('S2'),
      ...trades('S1', 1, 1),
    ]);
    expect(answers).toMatchObject([
      { type: 'REFUSED', reason: 'OVERLOADED', deadLetterId: null },
      { type: 'RECORDED', classification: 'CURRENT_DATED' },
      { type: 'RECORDED', eventVersion: 2 },
    ]);
    const kept = await sql`select from positions.dead_letter where trade_id = 'S1-LATE'`;
    expect(kept).toHaveLength(0);
    // It is no duplicate of itself when it comes again.
    expect(await recording.recordTrades([late('S1')])).toMatchObject([
      { type: 'RECORDED', classification: 'BACKDATED' },
    ]);
  });

  test('reads the latest date of a position that this process has not seen', async () => {
    const other = buildRecording({ sql, clock: testClock, logger: silentLogger });
    await other.recordTrades(trades('S3', 0, 1));
    const answers = await recordTrades(overloaded(), [late('S3')]);
    expect(answers).toMatchObject([{ reason: 'OVERLOADED' }]);
  });

  test('lets trades of a topic wait where they are, current ones with them', async () => {
    await recording.recordTrades(trades('S4', 0, 1));
    const batch = [late('S4'), ...trades('S4', 1, 1)];
    await expect(recordTrades(overloaded(), batch, 'wait')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: 'SHED_BACKDATED_DEPTH' },
    });
    const [stored] = await sql`
      select last_ver from positions.snapshot_store where position_key = ${aaplKeyOf('S4')}`;
    expect(stored).toEqual({ last_ver: 1 });
  });
});

describe('the books', () => {
  test('that are closed for all are closed inside and outside of contracts', async () => {
    const closed = buildRecording({
      sql,
      clock: testClock,
      logger: silentLogger,
      config: readConfig({ BOOKS_CLOSED_BEFORE: '2026-11-20' }),
    });
    const answers = await closed.recordTrades([
      sentTrade({ accountId: 'B1', effectiveDate: businessDate('2026-11-19') }),
      sentTrade({ accountId: 'B2', effectiveDate: businessDate('2026-11-20') }),
      sentTrade({
        accountId: 'B3',
        effectiveDate: businessDate('2026-11-19'),
        overrideReason: 'late confirmation',
      }),
    ]);
    expect(answers).toMatchObject([
      { reason: 'PERIOD_CLOSED', message: expect.stringContaining('2026-11-20 or later') },
      { type: 'RECORDED' },
      { type: 'RECORDED' },
    ]);
  });
});

test('operations see the queue, its age and what was put off', async () => {
  await recording.recordTrades(trades('M1', 0, 2));
  expect(await metric('plumbline_positions_queue_depth')).toMatchObject([{ value: 0 }]);
  expect(await metric('plumbline_positions_queue_oldest_seconds')).toMatchObject([{ value: 0 }]);
  recording.deps.limits.shed('BACKDATED_TRADE', 3);
  expect(await metric('plumbline_positions_shed_total')).toMatchObject([
    { value: 3, labels: { what: 'BACKDATED_TRADE' } },
  ]);
  expect(await metric('plumbline_positions_contract_breaker')).toMatchObject([
    { value: 0, labels: { state: 'CLOSED' } },
    { value: 0 },
    { value: 0 },
  ]);
});
