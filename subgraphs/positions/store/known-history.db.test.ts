import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { addInstruments, recordingOn, sentTrade } from '../../../test/support/positions-world.ts';
import { weekdays } from '../domain/book-calendar.ts';
import { foldAsOf } from '../domain/fold.ts';
import { decide } from '../domain/position-decider.ts';
import { keyOf } from '../domain/position-test-support.ts';
import { recalculate } from '../domain/recalculation.ts';
import { targetOf } from '../domain/target-trade.ts';
import { loadHistory } from './history.ts';
import { createKnownHistory } from './known-history.ts';
import { MAX_EVENTS_REPLAYED, requireReplayRoom } from './replay-room.ts';

const KEY = keyOf({ bookId: 'BOOK-1', accountId: 'LONG' });
const FIRST_DAY = businessDate('2023-01-02');
const TRADES = 1_200;
const AT_ONCE = 100;

let database: TestDatabase;
let sql: Sql;
let recording: ReturnType<typeof recordingOn>;

/** Two purchases and a sale in turn, one a day. */
const tradeOf = (index: number) =>
  sentTrade({
    accountId: 'LONG',
    tradeId: `LONG-${index}`,
    side: index % 3 === 2 ? 'SELL' : 'BUY',
    price: decimal(String(10 + (index % 7))),
    effectiveDate: dayOf(index),
  });
const dayOf = (index: number): BusinessDate => addDays(FIRST_DAY, index);

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'known-history-test' });
  await addInstruments(sql);
  recording = recordingOn(sql);
  for (let first = 0; first < TRADES; first += AT_ONCE) {
    const trades = Array.from({ length: AT_ONCE }, (_each, index) => tradeOf(first + index));
    await recording.recordTrades(trades);
  }
  await recording.stop();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function loaded(effectiveAt: BusinessDate | null, knownAtMs: number | null = null) {
  const history = createKnownHistory(sql);
  const upTo = await history.lastVersion(KEY, knownAtMs);
  const { from, events } = await history.load(KEY, { upTo, effectiveAt, knownAtMs });
  const whole = foldAsOf(await loadHistory(sql, KEY, { after: 0, upTo }), { effectiveAt });
  const folded = { ...foldAsOf(events, { effectiveAt, from }), version: upTo };
  return { startsAt: from.version, upTo, read: events.length, folded, whole };
}

/** The thousandth trade moves to the day of the 250th, and what is late is settled. */
async function settleAmendment(): Promise<void> {
  const { deps, stop } = recordingOn(sql);
  const origin = { source: 'test', user: 'test', correlationId: 'c', causationId: null };
  const outcomes = await deps.writers.submit([
    {
      key: KEY,
      once: null,
      origin,
      history: { tradeId: 'LONG-1000' },
      decide: (position, { today, history }) => {
        const target = targetOf(history ?? [], 'LONG-1000');
        if (target === null) throw new Error('no such trade');
        return decide(position, {
          type: 'AmendTrade',
          amendmentId: 'A1',
          tradeId: 'LONG-1000',
          target,
          newTrade: { ...target.trade, effectiveDate: dayOf(250) },
          reason: 'test',
          today,
          calendar: weekdays,
        });
      },
    },
  ]);
  expect(outcomes).toMatchObject([{ type: 'RECORDED' }]);
  const history = await loadHistory(sql, KEY, { after: 0 });
  const result = recalculate(history, { isLongOnly: false });
  if (result.type !== 'RECALCULATED') throw new Error(result.type);
  const { recalculated } = result;
  const corrected = await deps.writers.submit([
    {
      key: KEY,
      once: null,
      origin,
      decide: (position) => decide(position, { type: 'Correct', recalculated }),
    },
  ]);
  expect(corrected).toMatchObject([{ type: 'RECORDED' }]);
  await stop();
}

async function recordedAtMs(version: number): Promise<number> {
  const [row] = await sql<[{ at: string }]>`
    select floor(extract(epoch from recorded_at) * 1000)::text as at from positions.event_store
    where position_key = ${KEY.text} and event_ver = ${version}`;
  return Number(row.at);
}

describe('the history known at an instant', () => {
  test('starts from the newest checkpoint, and folds to the same as the whole', async () => {
    const { startsAt, upTo, folded, whole } = await loaded(null);
    expect(upTo).toBe(TRADES);
    expect(startsAt).toBeGreaterThanOrEqual(1_000);
    expect(folded).toEqual(whole);
  });

  test('starts from one that counts no later day than the one asked for', async () => {
    const { startsAt, read, folded, whole } = await loaded(dayOf(700));
    expect(startsAt).toBeGreaterThanOrEqual(500);
    expect(startsAt + read).toBe(701);
    expect(folded).toEqual(whole);
    expect(await loaded(dayOf(100))).toMatchObject({ startsAt: 0, read: 101 });
  });

  test('starts from one that was known by then', async () => {
    const { startsAt, upTo, folded, whole } = await loaded(null, await recordedAtMs(900));
    expect(upTo).toBeGreaterThanOrEqual(900);
    expect(upTo).toBeLessThan(1_000);
    expect(startsAt).toBeGreaterThanOrEqual(500);
    expect(startsAt).toBeLessThanOrEqual(900);
    expect(folded).toEqual(whole);
  });

  test('is empty before the first event', async () => {
    expect(await createKnownHistory(sql).lastVersion(KEY, (await recordedAtMs(1)) - 1)).toBe(0);
  });

  test('goes back behind the day of what came late', async () => {
    const later = recordingOn(sql);
    const late = { ...tradeOf(600).request, tradeId: 'LONG-LATE' };
    const [recorded] = await later.recordTrades([{ ...tradeOf(600), request: late }]);
    await later.stop();
    expect(recorded).toMatchObject({ type: 'RECORDED', classification: 'BACKDATED' });
    const { startsAt, folded, whole } = await loaded(null);
    expect(startsAt).toBeGreaterThanOrEqual(500);
    expect(startsAt).toBeLessThanOrEqual(601);
    expect(folded).toEqual(whole);
    expect(folded.reconciliationStatus).toBe('PROVISIONAL');
    const earlier = await loaded(dayOf(550));
    expect(earlier.folded).toEqual(earlier.whole);
    expect(earlier.folded.reconciliationStatus).toBe('PROVISIONAL');
  });

  test('reads a trade of a later day that was moved to an earlier one', async () => {
    await settleAmendment();
    const { folded, whole } = await loaded(dayOf(300));
    expect(folded).toEqual(whole);
    expect(folded.lots.some(({ lotId }) => lotId === 'LONG-1000')).toBe(true);
  });
});

test('no replay holds more events than it has room for', () => {
  expect(() => requireReplayRoom(MAX_EVENTS_REPLAYED)).not.toThrow();
  expect(() => requireReplayRoom(MAX_EVENTS_REPLAYED + 1)).toThrow(/at most 200000 events/);
});
