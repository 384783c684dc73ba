import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { fixedClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { addInstruments, sentTrade } from '../../../test/support/positions-world.ts';
import type { DefineContract } from '../domain/contract.ts';
import type { LotReliefMethod } from '../domain/lot-relief.ts';
import { buildRecording, type Recording } from '../main.ts';
import { applyContractMethods, POSITIONS_PER_PAGE } from './apply-contract-methods.ts';
import { defineContract } from './define-contract.ts';

const MS_PER_DAY = 86_400_000;
const TODAY = businessDate('2026-11-20');

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'positions-test' });
  await addInstruments(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** A day of its own, and a contract that no other test has. */
function onTest(contractId: string, today = TODAY) {
  const clock = fixedClock(Date.parse(`${today}T14:30:00Z`));
  const recording: Recording = buildRecording({ sql, clock, logger: silentLogger });
  return {
    clock,
    define: (reliefMethod: LotReliefMethod, changes: Partial<DefineContract> = {}) =>
      defineContract(
        recording.deps,
        {
          contractId,
          reliefMethod,
          effectiveFrom: null,
          isLongOnly: false,
          hasWashSales: false,
          booksClosedBefore: null,
          ...changes,
        },
        { user: 'operations', correlationId: `define-${contractId}` },
      ),
    async buy(accountId: string, ...prices: readonly string[]) {
      const trades = prices.map((price, n) =>
        sentTrade({
          accountId,
          contractId,
          tradeId: `${contractId}-${accountId}-${price}-${n}`,
          price: decimal(price),
          effectiveDate: clock.today(),
        }),
      );
      for (const answer of await recording.recordTrades(trades)) {
        if (answer.type === 'REFUSED') throw new Error(answer.message);
      }
    },
    apply: () => applyContractMethods(recording.contractWork),
    async events() {
      const rows = await sql<{ key: string; type: string; user_id: string; day: string }[]>`
        select split_part(position_key, '|', 2) as key, event_type as type, user_id,
          effective_date as day
        from positions.event_store where contract_id = ${contractId}
          or position_key like ${`%|${contractId}|%`}
        order by split_part(position_key, '|', 2), event_ver`;
      return rows.map(({ key, type, day }) => `${key} ${type} ${day}`);
    },
    async methods() {
      const rows = await sql<{ relief_method: string; count: number }[]>`
        select relief_method, count(*)::int as count from positions.snapshot_store
        where contract_id = ${contractId} group by 1 order by 1`;
      return rows.map((row) => ({ ...row }));
    },
  };
}

describe('another method of a contract', () => {
  test('comes into every position of it, once, page by page', async () => {
    const { define, buy, apply, methods } = onTest('MANY');
    const count = POSITIONS_PER_PAGE + 5;
    await define('FIFO');
    for (let n = 0; n < count; n += 1) await buy(`A${n}`, '10');
    await define('HIFO');
    expect(await methods()).toEqual([{ relief_method: 'FIFO', count }]);
    await Promise.all([apply(), apply()]);
    expect(await methods()).toEqual([{ relief_method: 'HIFO', count }]);
    const [written] = await sql`
      select count(*)::int from positions.event_store
      where event_type = 'LOT_METHOD_CHANGED' and position_key like '%|MANY|%'
        and user_id = 'operations' and correlation_id = 'define-MANY'`;
    expect(written).toEqual({ count });
    expect(await apply()).toBe(0);
  });

  test('waits for its day, and is brought by a trade that comes first', async () => {
    const { clock, define, buy, apply, events } = onTest('LATER');
    await define('FIFO');
    await buy('QUIET', '10');
    await buy('BUSY', '10');
    const tomorrow = businessDate('2026-11-21');
    await define('LIFO', { effectiveFrom: tomorrow });
    await apply();
    expect(await events()).toEqual([`BUSY TRADE_APPLIED ${TODAY}`, `QUIET TRADE_APPLIED ${TODAY}`]);
    clock.advance(MS_PER_DAY);
    await buy('BUSY', '11');
    await buy('NEW', '12');
    await apply();
    expect(await events()).toEqual([
      `BUSY TRADE_APPLIED ${TODAY}`,
      `BUSY LOT_METHOD_CHANGED ${tomorrow}`,
      `BUSY TRADE_APPLIED ${tomorrow}`,
      `NEW TRADE_APPLIED ${tomorrow}`,
      `QUIET TRADE_APPLIED ${TODAY}`,
      `QUIET LOT_METHOD_CHANGED ${tomorrow}`,
    ]);
  });

  test('that was replaced before its day comes into none', async () => {
    const { clock, define, buy, apply, methods } = onTest('REPLACED');
    await define('FIFO');
    await buy('A', '10');
    await define('LIFO', { effectiveFrom: businessDate('2026-11-21') });
    await define('FIFO', { effectiveFrom: TODAY });
    clock.advance(MS_PER_DAY);
    await apply();
    expect(await methods()).toEqual([{ relief_method: 'FIFO', count: 1 }]);
    expect(await apply()).toBe(0);
  });

  test('that began in the past comes late into positions that had gone on since', async () => {
    // Definitions get their time from the database, where that day is over.
    const yesterday = businessDate('2026-11-19');
    const { clock, define, buy, apply, events, methods } = onTest('PAST', yesterday);
    await define('FIFO', { effectiveFrom: businessDate('2026-01-05') });
    await buy('A', '10');
    clock.advance(MS_PER_DAY);
    await buy('A', '11');
    await define('LIFO', { effectiveFrom: yesterday });
    // A trade brings it along from now on, and the days since still have to be put right.
    await buy('A', '12');
    await buy('AFTER', '12');
    await apply();
    expect(await events()).toEqual([
      `A TRADE_APPLIED ${yesterday}`,
      `A TRADE_APPLIED ${TODAY}`,
      `A LOT_METHOD_CHANGED ${TODAY}`,
      `A TRADE_APPLIED ${TODAY}`,
      `A LOT_METHOD_CHANGED ${yesterday}`,
      `AFTER TRADE_APPLIED ${TODAY}`,
    ]);
    expect(await methods()).toEqual([{ relief_method: 'LIFO', count: 2 }]);
    const [late] = await sql`
      select reconciliation_status from positions.snapshot_store
      where contract_id = 'PAST' and account_id = 'A'`;
    expect(late).toEqual({ reconciliation_status: 'PROVISIONAL' });
  });
});
