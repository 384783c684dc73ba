import type { Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import {
  type ContractServiceOnTest,
  startContractService,
  utiOfService,
} from '../../../test/support/contract-service.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  aaplKeyOf,
  addInstruments,
  recordingOn,
  sentTrade,
  testClock,
} from '../../../test/support/positions-world.ts';
import { buildRecording, type Recording } from '../main.ts';
import { settleContracts } from './settle-contracts.ts';

/** Long enough for the machine of any test, and short enough to be seen. */
const TIMEOUT_MS = 150;

let database: TestDatabase;
let sql: Sql;
let service: ContractServiceOnTest;
let recording: Recording;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'positions-test' });
  await addInstruments(sql);
});
beforeEach(async () => {
  service = await startContractService();
  recording = buildRecording({
    sql,
    clock: testClock,
    logger: silentLogger,
    config: readConfig({
      CONTRACT_SERVICE_URL: service.url,
      CONTRACT_TIMEOUT_MS: String(TIMEOUT_MS),
    }),
  });
});
afterEach(async () => {
  await recording.stop();
  await service.stop();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

let nextAccount = 0;
const newAccount = () => `ACC-${(nextAccount += 1)}`;

const record = (...trades: Parameters<Recording['recordTrades']>[0]) =>
  recording.recordTrades(trades);

/** What waits is asked for at once, for its time has always come, and not patiently. */
const settleDeps = () => ({
  ...recording.contractWork,
  generator: recording.deps.generator,
  backoffMs: () => 0,
});
const settle = () => settleContracts(settleDeps());

const eventTypesOf = async (accountId: string) => {
  const rows = await sql<{ event_type: string; uti: string | null; causation_id: string | null }[]>`
    select event_type, uti, causation_id from positions.event_store
    where position_key = ${aaplKeyOf(accountId)} order by event_ver`;
  return rows.map((row) => ({ ...row }));
};

describe('PS-5 contracts of trades', () => {
  test('come from the service, one call for a request, each trade named once', async () => {
    const accountId = newAccount();
    const one = sentTrade({ accountId, tradeId: `${accountId}-A` });
    const answers = await record(one, one, sentTrade({ accountId, tradeId: `${accountId}-B` }));
    expect(answers).toMatchObject([
      { uti: utiOfService(`${accountId}-A`) },
      { uti: utiOfService(`${accountId}-A`) },
      { uti: utiOfService(`${accountId}-B`) },
    ]);
    expect(service.calls()).toBe(1);
    expect(service.asked()).toEqual([`${accountId}-A`, `${accountId}-B`]);
  });

  test.each(['HANG', 'FAIL', 'NONSENSE'] as const)(
    'that a service in the mood to %s does not give come later, and the trade counts now',
    async (mood) => {
      const accountId = newAccount();
      service.be(mood);
      const [answer] = await record(sentTrade({ accountId }));
      expect(answer).toMatchObject({ type: 'RECORDED', eventVersion: 1, uti: null });
      const [pending] = await sql`
        select position_key, event_ver, classification, settled_at
        from positions.contract_pending where trade_id = ${`${accountId}-T1`}`;
      expect(pending).toEqual({
        position_key: aaplKeyOf(accountId),
        event_ver: 1,
        classification: 'CURRENT_DATED',
        settled_at: null,
      });

      expect(await settle()).toBe(1);
      expect(await eventTypesOf(accountId)).toHaveLength(1);

      service.be('ANSWER');
      expect(await settle()).toBe(1);
      const uti = utiOfService(`${accountId}-T1`);
      expect(await eventTypesOf(accountId)).toMatchObject([
        { event_type: 'TRADE_APPLIED', uti: null },
        { event_type: 'CONTRACT_GENERATED', causation_id: `${aaplKeyOf(accountId)}#1` },
      ]);
      expect(await settle()).toBe(0);
      // Sent again, it is the same trade, and by now it has its contract.
      expect(await record(sentTrade({ accountId }))).toMatchObject([
        { eventVersion: 1, uti, position: null },
      ]);
      expect(await recordingOn(sql).recordTrades([sentTrade({ accountId })])).toMatchObject([
        { uti },
      ]);
    },
  );

  test('are noted once when a process dies between its note and its mark', async () => {
    const accountId = newAccount();
    service.be('FAIL');
    await record(sentTrade({ accountId }));
    service.be('ANSWER');
    const { pending } = recording.contractWork;
    await settleContracts({
      ...settleDeps(),
      pending: { ...pending, settle: () => Promise.reject(new Error('killed')) },
    });
    expect(await eventTypesOf(accountId)).toHaveLength(2);
    expect(await settle()).toBe(1);
    expect(await eventTypesOf(accountId)).toHaveLength(2);
    expect(await settle()).toBe(0);
  });

  test('are claimed by one of two processes', async () => {
    const accountIds = [newAccount(), newAccount(), newAccount()];
    service.be('FAIL');
    await record(...accountIds.map((accountId) => sentTrade({ accountId })));
    service.be('ANSWER');
    const before = service.asked().length;
    const taken = await Promise.all([settle(), settle()]);
    expect(taken.toSorted((a, b) => a - b)).toEqual([0, 3]);
    expect(service.asked().length - before).toBe(3);
  });

  test('of late trades wait for the correction, and for nothing when it closed all', async () => {
    const [open, closed] = [newAccount(), newAccount()];
    await record(sentTrade({ accountId: open }), sentTrade({ accountId: closed }));
    const late = (accountId: string, side: 'BUY' | 'SELL') =>
      sentTrade({
        accountId,
        side,
        tradeId: `${accountId}-LATE`,
        effectiveDate: businessDate('2026-11-19'),
      });
    const before = service.asked().length;
    const answers = await record(late(open, 'BUY'), late(closed, 'SELL'));
    expect(answers).toMatchObject([
      { type: 'RECORDED', classification: 'BACKDATED', uti: null },
      { type: 'RECORDED', classification: 'BACKDATED', uti: null },
    ]);
    expect(await settle()).toBe(0);
    // As a correction leaves them: nothing late is left to be put in its place.
    await sql`
      update positions.snapshot_store set pending_backdated = 0
      where position_key = any(${[open, closed].map(aaplKeyOf)}::text[])`;
    expect(await settle()).toBe(2);
    expect(service.asked().slice(before)).toEqual([`${open}-LATE`]);
    const outcomes = await sql<{ outcome: string; uti: string | null }[]>`
      select outcome, uti from positions.contract_pending
      where trade_id = any(${[`${open}-LATE`, `${closed}-LATE`]}::text[]) order by uti`;
    expect(outcomes.map((row) => ({ ...row }))).toEqual([
      { outcome: 'GENERATED', uti: utiOfService(`${open}-LATE`) },
      { outcome: 'POSITION_CLOSED', uti: null },
    ]);
  });

  test('cost nothing while the service is left alone', async () => {
    service.be('HANG');
    const timeOf = async (count: number) => {
      const accountId = newAccount();
      const startMs = performance.now();
      for (let n = 0; n < count; n += 1) {
        await record(sentTrade({ accountId, tradeId: `${accountId}-${n}` }));
      }
      return (performance.now() - startMs) / count;
    };
    const hangingMs = await timeOf(10);
    const calls = service.calls();
    const openMs = await timeOf(10);
    expect(service.calls()).toBe(calls);
    expect(hangingMs).toBeGreaterThan(TIMEOUT_MS - 2);
    expect(openMs).toBeLessThan(TIMEOUT_MS / 2);
  });
});
