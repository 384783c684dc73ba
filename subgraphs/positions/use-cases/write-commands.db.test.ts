import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { lateEventRecorded } from '#kernel/topics/backdated-trades';
import { positionChanged } from '#kernel/topics/position-changed';
import { tradeApplied } from '#kernel/topics/trade-applied';
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
import { weekdays } from '../domain/book-calendar.ts';
import { NO_CONTRACT_TERMS } from '../domain/contract-terms.ts';
import type { PositionCommand } from '../domain/position-command.ts';
import { decide } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { targetOf } from '../domain/target-trade.ts';
import type { Recording } from '../main.ts';
import { eventsAboutTrade } from '../store/event-rows.ts';
import type { WriteCommand } from './decide-batch.ts';

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

const newKey = createKeys('W');

function command(
  key: PositionKey,
  asked: PositionCommand,
  more: Partial<WriteCommand> = {},
): WriteCommand {
  return {
    key,
    once: null,
    origin: { source: 'test', user: 'tester', correlationId: 'c-1', causationId: 'because' },
    decide: (position) => decide(position, asked),
    ...more,
  };
}

const bustOf = (
  key: PositionKey,
  tradeId: string,
  commandId: string,
  hash = 'h',
): WriteCommand => ({
  ...command(key, { type: 'RollForward', today: TODAY }),
  once: { commandId, requestHash: hash },
  history: { tradeId },
  decide: (position, { today, history }) =>
    decide(position, {
      type: 'BustTrade',
      tradeId,
      target: history === null ? null : targetOf(history, tradeId),
      reason: 'wrong account',
      today,
    }),
});

const outboxOf = (key: PositionKey, topic: string) => sql`
  select type, version, payload, causation_id from platform.outbox
  where key = ${key.text} and topic = ${topic} order by xid, id`;

test('any text of a trade is stored as it was sent', async () => {
  const key = newKey();
  const { accountId } = key;
  const ids = [`${accountId}-{"a",\\b}'`, 'NULL', `\\\\"`];
  const trades = ids.map((tradeId) => {
    const trade = sentTrade({ accountId, tradeId, clOrdId: `${tradeId} \u00fc \ud83d\ude00` });
    return { ...trade, origin: { ...trade.origin, correlationId: tradeId, causationId: '' } };
  });
  const answers = await recording.recordTrades(trades);
  expect(answers.map(({ type }) => type)).toEqual(['RECORDED', 'RECORDED', 'RECORDED']);
  const rows = await sql`
    select trade_id, payload ->> 'clOrdId' as cl_ord_id, correlation_id, causation_id
    from positions.event_store where position_key = ${key.text} order by event_ver`;
  expect(rows).toEqual(
    trades.map(({ request: { tradeId, clOrdId } }) => ({
      trade_id: tradeId,
      cl_ord_id: clOrdId,
      correlation_id: tradeId,
      causation_id: '',
    })),
  );
});

describe('a late trade', () => {
  test('is counted by estimate, and the cold path is told in the same statement', async () => {
    const key = newKey();
    await recordAll(recording, key, [{}, { effectiveDate: addDays(TODAY, -3) }]);
    expect(await snapshotOf(sql, key)).toMatchObject({
      last_ver: 2,
      reconciliation_status: 'PROVISIONAL',
      pending_backdated: 1,
      quantity: decimal('200'),
    });
    const [told] = await outboxOf(key, lateEventRecorded.topic);
    expect(told).toMatchObject({ type: lateEventRecorded.name, version: 1 });
    expect(lateEventRecorded.parse(told?.['payload'], 1)).toMatchObject({
      eventVersion: 2,
      eventType: 'PROVISIONAL_TRADE_APPLIED',
      causedBy: idOf(key, 'T2'),
      effectiveDate: '2026-11-17',
    });
    const changes = await outboxOf(key, tradeApplied.topic);
    expect(changes.map(({ payload }) => tradeApplied.parse(payload, 1))).toMatchObject([
      { classification: 'CURRENT_DATED', reconciliationStatus: 'RECONCILED' },
      { classification: 'BACKDATED', reconciliationStatus: 'PROVISIONAL' },
    ]);
    await expectFold(sql, key);
  });

  test('says since when the position is provisional', async () => {
    const key = newKey();
    await recordAll(recording, key, [{}, { effectiveDate: addDays(TODAY, -1) }]);
    const first = await snapshotOf(sql, key);
    await recordAll(recording, key, [
      { tradeId: idOf(key, 'T3'), effectiveDate: addDays(TODAY, -2) },
    ]);
    const second = await snapshotOf(sql, key);
    expect(first['provisional_since']).not.toBeNull();
    expect(second['provisional_since']).toEqual(first['provisional_since']);
    expect(second['pending_backdated']).toBe(2);
  });
});

describe('a booking for a later day', () => {
  test('waits in the snapshot, and is effective before the next trade of that day', async () => {
    const key = newKey();
    const monday = addDays(TODAY, 3);
    await recordAll(recording, key, [{}, { effectiveDate: addDays(TODAY, 1), side: 'SELL' }]);
    expect(await snapshotOf(sql, key)).toMatchObject({
      quantity: decimal('100'),
      next_forward_date: monday,
      last_effective_date: TODAY,
    });
    await expectFold(sql, key);
    const [outcome] = await recording.deps.writers.submit([
      command(key, { type: 'RollForward', today: monday }),
    ]);
    expect(outcome).toMatchObject({ type: 'RECORDED', eventVersion: 3, classification: null });
    expect(await snapshotOf(sql, key)).toMatchObject({
      quantity: 0n,
      pending_forward: null,
      next_forward_date: null,
    });
    await expectFold(sql, key);
    const again = await recording.deps.writers.submit([
      command(key, { type: 'RollForward', today: monday }),
    ]);
    expect(again).toMatchObject([{ type: 'UNCHANGED', position: { version: 3 } }]);
  });
});

describe('a command about an earlier trade', () => {
  test('sees all that happened to it, in the store and right before in its batch', async () => {
    const key = newKey();
    const tradeId = idOf(key, 'T1');
    await recordAll(recording, key, [{}, {}]);
    const bust = (name: string) => bustOf(key, tradeId, `bust ${name}`);
    const outcomes = await recording.deps.writers.submit([bust('a'), bust('b')]);
    expect(outcomes).toMatchObject([
      { type: 'RECORDED', eventVersion: 3, position: { quantity: decimal('100') } },
      { type: 'REFUSED', reason: 'ALREADY_BUSTED' },
    ]);
    expect(await recording.deps.writers.submit([bust('c')])).toMatchObject([
      { type: 'REFUSED', reason: 'ALREADY_BUSTED' },
    ]);
    const about = await eventsAboutTrade(sql, key, tradeId);
    expect(about.map(({ event }) => event.type)).toEqual(['TRADE_APPLIED', 'TRADE_BUSTED']);
    const changes = await outboxOf(key, positionChanged.topic);
    expect(changes.at(-1)).toMatchObject({ type: positionChanged.name, causation_id: 'because' });
    expect(positionChanged.parse(changes.at(-1)?.['payload'], 1)).toMatchObject({
      eventType: 'TRADE_BUSTED',
      tradeId,
      eventVersion: 3,
      positionQuantity: decimal('100'),
    });
    await expectFold(sql, key);
  });

  test('answers the same again, and knows its id with another content', async () => {
    const key = newKey();
    await recordAll(recording, key, [{}, {}]);
    const tradeId = idOf(key, 'T1');
    const id = `bust ${tradeId}`;
    const [first] = await recording.deps.writers.submit([bustOf(key, tradeId, id)]);
    const other = recordingOn(sql);
    const [again, another] = await other.deps.writers.submit([
      bustOf(key, tradeId, id),
      bustOf(key, tradeId, id, 'another'),
    ]);
    expect(first).toMatchObject({ type: 'RECORDED', eventVersion: 3 });
    expect(again).toEqual({ ...first, position: null });
    expect(another).toEqual({ type: 'ID_TAKEN', eventVersion: 3, positionKey: key.text });
  });

  test('is refused for a trade of another position', async () => {
    const key = newKey();
    const other = newKey();
    await recordAll(recording, key, [{}]);
    await recordAll(recording, other, [{}]);
    expect(
      await recording.deps.writers.submit([bustOf(other, idOf(key, 'T1'), 'bust elsewhere')]),
    ).toMatchObject([{ type: 'REFUSED', reason: 'UNKNOWN_TRADE' }]);
  });

  test('sees what came after a version, the events of its batch included', async () => {
    const key = newKey();
    await recordAll(recording, key, [{}, {}, {}]);
    const seen: (readonly number[])[] = [];
    const watch = (afterVersion: number): WriteCommand => ({
      ...command(key, { type: 'RollForward', today: TODAY }),
      history: { afterVersion },
      decide: (_position, { history }) => {
        seen.push(history?.map(({ version }) => version) ?? []);
        return { ok: false, reason: 'RESTART' };
      },
    });
    const reset: PositionCommand = {
      type: 'ResetPrice',
      resetId: 'R1',
      resetPrice: sentTrade({ accountId: 'x' }).request.price as never,
      effectiveDate: TODAY,
      today: TODAY,
    };
    const outcomes = await recording.deps.writers.submit([
      watch(1),
      watch(3),
      command(key, reset),
      watch(3),
    ]);
    expect(seen.slice(-3)).toEqual([[2, 3], [], [4]]);
    expect(outcomes[0]).toEqual({ type: 'REFUSED', reason: 'RESTART', message: 'RESTART' });
    expect(outcomes[2]).toMatchObject({ type: 'RECORDED', eventVersion: 4 });
  });
});

describe('a trade without its contract', () => {
  test('waits for it in the same statement, and answers with the UTI later', async () => {
    const key = newKey();
    const { accountId } = key;
    const { request } = sentTrade({ accountId });
    const trade = {
      ...request,
      key,
      fees: decimal('0'),
      executedAtMs: null,
      clOrdId: null,
      electedLots: null,
      overrideReason: null,
    };
    const once = { commandId: request.tradeId, requestHash: 'h' };
    const apply: WriteCommand = {
      ...command(key, {
        type: 'ApplyTrade',
        trade: trade as never,
        terms: NO_CONTRACT_TERMS,
        uti: null,
        calendar: weekdays,
        today: TODAY,
      }),
      once,
    };
    expect(await recording.deps.writers.submit([apply])).toMatchObject([
      { type: 'RECORDED', uti: null },
    ]);
    const pending = await sql`
      select position_key, event_ver, classification, settled_at from positions.contract_pending
      where trade_id = ${request.tradeId}`;
    expect(pending).toEqual([
      {
        position_key: key.text,
        event_ver: 1,
        classification: 'CURRENT_DATED',
        settled_at: null,
      },
    ]);
    await sql`
      update positions.contract_pending set uti = 'UTI-LATER', settled_at = now()
      where trade_id = ${request.tradeId}`;
    expect(await recordingOn(sql).deps.writers.submit([apply])).toMatchObject([
      { type: 'RECORDED', uti: 'UTI-LATER', position: null },
    ]);
  });
});
