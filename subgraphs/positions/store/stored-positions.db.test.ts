import type { Sql } from 'postgres';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { addInstruments, recordingOn, sentTrade } from '../../../test/support/positions-world.ts';
import {
  createKeys,
  expectFold,
  idOf,
  recordAll,
  snapshotOf,
} from '../../../test/support/stored-positions.ts';
import { decide } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { TradeRequest } from '../domain/trade.ts';
import type { Recording } from '../main.ts';
import { eventColumns, type EventRow } from './event-codec.ts';
import { eventsAfter } from './event-rows.ts';
import { eventHashOf, hashedEventOf } from './hash-chain.ts';

const TODAY = businessDate('2026-11-20');

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

const newKey = createKeys('S');

describe('PS-2 lots of a position', () => {
  const buys = (count: number, from = 0): readonly Partial<TradeRequest>[] =>
    Array.from({ length: count }, (_, index) => ({ tradeId: `B${from + index}` }));
  const named = (key: PositionKey, trades: readonly Partial<TradeRequest>[]) =>
    trades.map((each) => ({ ...each, tradeId: idOf(key, each.tradeId ?? '') }));
  const chunksOf = (key: PositionKey) => sql`
    select chunk_no, jsonb_array_length(lots -> 'ids') as lots from positions.lot_chunk
    where position_key = ${key.text} order by chunk_no`;

  test('lie in the snapshot up to 32, beyond in chunks, and go back', async () => {
    const key = newKey();
    await recordAll(recording, key, [...named(key, buys(32))]);
    expect(await snapshotOf(sql, key)).toMatchObject({ lots: { ids: expect.any(Array) } });
    expect(await chunksOf(key)).toEqual([]);
    await recordAll(recording, key, [...named(key, buys(8, 32))]);
    expect(await snapshotOf(sql, key)).toMatchObject({ lots: null, lot_count: 40 });
    expect(await chunksOf(key)).toEqual([
      { chunk_no: 0, lots: 32 },
      { chunk_no: 1, lots: 8 },
    ]);
    await expectFold(sql, key);
    recording = recordingOn(sql);
    await recordAll(recording, key, [
      { tradeId: idOf(key, 'S1'), side: 'SELL', quantity: decimal('2050') },
    ]);
    await expectFold(sql, key);
    expect(await chunksOf(key)).toEqual([
      { chunk_no: 0, lots: 12 },
      { chunk_no: 1, lots: 8 },
    ]);
    await recordAll(recording, key, [
      { tradeId: idOf(key, 'S2'), side: 'SELL', quantity: decimal('450') },
    ]);
    expect(await chunksOf(key)).toEqual([]);
    expect(await snapshotOf(sql, key)).toMatchObject({ lot_count: 15 });
    await expectFold(sql, key);
  });

  test('of another chunk are not written again', async () => {
    const key = newKey();
    await recordAll(recording, key, [...named(key, buys(100))]);
    const writtenBy = () => sql<{ chunk_no: number; writer: string }[]>`
      select chunk_no, xmin::text as writer from positions.lot_chunk
      where position_key = ${key.text} order by chunk_no`;
    const before = await writtenBy();
    await recordAll(recording, key, [
      { tradeId: idOf(key, 'S1'), side: 'SELL', quantity: decimal('150') },
      { tradeId: idOf(key, 'B100') },
    ]);
    const after = await writtenBy();
    const untouched = after.map(({ writer }, index) => writer === before[index]?.writer);
    expect(untouched).toEqual([false, true, true, false]);
    await expectFold(sql, key);
  });

  test('in chunks stay right with two writers on the same position', async () => {
    const key = newKey();
    await recordAll(recording, key, [...named(key, buys(60))]);
    const other = recordingOn(sql);
    const { accountId } = key;
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        (index % 2 === 0 ? recording : other).recordTrades([
          sentTrade({
            accountId,
            tradeId: idOf(key, `X${index}`),
            side: index % 3 === 0 ? 'BUY' : 'SELL',
            quantity: decimal(`${50 + index}`),
            effectiveDate: addDays(TODAY, index % 5 === 0 ? -1 : 0),
          }),
        ]),
      ),
    );
    const events = await eventsAfter(sql, key, { after: 0, limit: 1_000 });
    expect(events).toHaveLength(120);
    await expectFold(sql, key);
  });
});

describe('the chain of hashes', () => {
  const chainOf = (key: PositionKey) => sql<
    (EventRow & { position_key: string; schema_ver: number; event_hash: string })[]
  >`
    select ${eventColumns(sql)}, schema_ver, event_hash from positions.event_store
    where position_key = ${key.text} order by event_ver`;

  test('covers every event as it is stored, over batches and processes', async () => {
    const key = newKey();
    await recordAll(recording, key, [
      { executedAtMs: Date.UTC(2026, 10, 20, 9, 30, 0, 5), clOrdId: 'O "1"' },
      {},
    ]);
    recording = recordingOn(sql);
    await recording.deps.writers.submit([
      {
        key,
        once: { commandId: `method ${key.text}`, requestHash: 'h' },
        origin: { source: 'test', user: 'tester', correlationId: 'c "1"', causationId: 'because' },
        decide: (position, { today }) =>
          decide(position, {
            type: 'ChangeMethod',
            contractId: null,
            method: 'LIFO',
            effectiveDate: today,
            today,
          }),
      },
    ]);
    await recordAll(recording, key, [
      { tradeId: idOf(key, 'T3'), effectiveDate: addDays(TODAY, -9) },
    ]);
    const rows = await chainOf(key);
    let previous: string | null = null;
    for (const row of rows) {
      previous = eventHashOf(previous, hashedEventOf(row));
      expect(row.event_hash).toBe(previous);
    }
    expect(rows).toHaveLength(5);
    expect((await snapshotOf(sql, key))['last_hash']).toBe(previous);
  });

  test('breaks when anybody changes what is stored', async () => {
    const key = newKey();
    await recordAll(recording, key, [{}, {}]);
    const owner = postgres(database.ownerUrl, { max: 1 });
    await owner`
      update positions.event_store set payload = payload || '{"clOrdId": "FORGED"}'
      where position_key = ${key.text} and event_ver = 1`;
    await owner.end();
    const [forged, second] = await chainOf(key);
    if (forged === undefined || second === undefined) throw new Error('expected two events');
    const computed = eventHashOf(null, hashedEventOf(forged));
    expect(computed).not.toBe(forged.event_hash);
    expect(eventHashOf(computed, hashedEventOf(second))).not.toBe(second.event_hash);
  });
});
