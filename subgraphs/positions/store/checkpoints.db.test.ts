import type { Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { addInstruments, recordingOn } from '../../../test/support/positions-world.ts';
import { createKeys, idOf, recordAll } from '../../../test/support/stored-positions.ts';
import { foldAsOf } from '../domain/fold.ts';
import { decide } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { recalculate } from '../domain/recalculation.ts';
import { CHECKPOINT_EVERY, createCheckpoints, newestFor } from './checkpoints.ts';
import { eventsAfter } from './event-rows.ts';
import { createPositionRepository } from './positions.ts';
import { loadStored } from './stored-positions.ts';

const TODAY = businessDate('2026-11-20');
const newKey = createKeys('C');

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 5, applicationName: 'positions-test' });
  await addInstruments(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const versionsOf = async (key: PositionKey): Promise<readonly number[]> => {
  const rows = await sql<{ event_ver: number }[]>`
    select event_ver from positions.checkpoint where position_key = ${key.text} order by event_ver`;
  return rows.map((row) => row.event_ver);
};

/** Purchases and sales in turn, so that few lots are open. */
const trades = (key: PositionKey, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    tradeId: idOf(key, String(from + index)),
    side: index % 2 === 0 ? ('BUY' as const) : ('SELL' as const),
  }));

test('a checkpoint is written behind every 500th version, and is the position then', async () => {
  const key = newKey();
  const recording = recordingOn(sql);
  await recordAll(recording, key, trades(key, CHECKPOINT_EVERY - 1));
  await recording.stop();
  expect(await versionsOf(key)).toEqual([]);
  const next = recordingOn(sql);
  await recordAll(next, key, trades(key, 1, 1_000));
  await next.stop();
  expect(await versionsOf(key)).toEqual([CHECKPOINT_EVERY]);
  const stored = (await loadStored(sql, [key.text])).get(key.text);
  expect(await newestFor(sql, key, {})).toEqual(stored?.position);
});

test('lots of an earlier version are those of then, before and behind a checkpoint', async () => {
  const key = newKey();
  const recording = recordingOn(sql);
  await recordAll(recording, key, trades(key, CHECKPOINT_EVERY));
  await recordAll(recording, key, trades(key, 20, 1_000));
  await recording.stop();
  const events = await eventsAfter(sql, key, { after: 0, limit: 1_000 });
  const versions = [1, CHECKPOINT_EVERY - 1, CHECKPOINT_EVERY, CHECKPOINT_EVERY + 7];
  const refs = versions.map((version) => ({ key, version }));
  expect(await createPositionRepository(sql).lotsOf(refs)).toEqual(
    versions.map((version) => foldAsOf(events.slice(0, version)).lots),
  );
});

test('a checkpoint is not for a day before it, nor for an instant before it', async () => {
  const key = newKey();
  const recording = recordingOn(sql);
  await recordAll(recording, key, trades(key, CHECKPOINT_EVERY));
  await recording.stop();
  expect(await newestFor(sql, key, { effectiveAt: TODAY })).toBeDefined();
  expect(await newestFor(sql, key, { effectiveAt: addDays(TODAY, -1) })).toBeUndefined();
  expect(await newestFor(sql, key, { knownAtMs: Date.parse('2020-01-01') })).toBeUndefined();
});

test('none is taken while something late is pending; it is made up for afterwards', async () => {
  const key = newKey();
  const recording = recordingOn(sql);
  await recordAll(recording, key, trades(key, CHECKPOINT_EVERY - 2));
  const late = { tradeId: idOf(key, 'late'), effectiveDate: addDays(TODAY, -1) };
  await recordAll(recording, key, [late, ...trades(key, 4, 1_000)]);
  await recording.stop();
  expect(await versionsOf(key)).toEqual([]);

  const events = await eventsAfter(sql, key, { after: 0, limit: 1_000 });
  const result = recalculate(events, { isLongOnly: false });
  if (result.type !== 'RECALCULATED') throw new Error(`expected a correction, was ${result.type}`);
  const { recalculated } = result;
  const checkpoints = createCheckpoints({ sql, logger: silentLogger });
  const before = (await loadStored(sql, [key.text])).get(key.text)?.position;
  if (before === undefined) throw new Error('expected the position to be stored');
  checkpoints.offer(key, { ...before, version: CHECKPOINT_EVERY - 1 }, before);
  const again = recordingOn(sql);
  await again.deps.writers.submit([
    {
      key,
      once: null,
      origin: { source: 'test', user: 'tester', correlationId: 'c', causationId: null },
      decide: (position) => decide(position, { type: 'Correct', recalculated }),
    },
  ]);
  const after = (await loadStored(sql, [key.text])).get(key.text)?.position;
  if (after === undefined) throw new Error('expected the position to be stored');
  expect(after.pendingBackdated).toBe(0);
  checkpoints.offer(key, before, after);
  await checkpoints.settled();
  expect(await versionsOf(key)).toEqual([after.version]);
  await again.stop();
});
