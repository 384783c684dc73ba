import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { fixedClock } from '#platform/clock';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import type { Lease } from '#platform/ports';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  aaplKeyOf,
  addInstruments,
  figuresOf,
  sentTrade,
} from '../../../test/support/positions-world.ts';
import { buildRecording } from '../main.ts';
import { createWaitingPositions } from '../store/waiting-positions.ts';
import { rollForward } from '../use-cases/roll-forward.ts';
import { ROLL_EVERY_MS, ROLL_LEASE, startForwardRoll } from './forward-roll.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'roll-test' });
  await addInstruments(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const FRIDAY = Date.parse('2026-11-20T14:30:00Z');
const DAY_MS = 86_400_000;
const never = new AbortController().signal;

/** One process, with a clock and a lease of its own. */
function process() {
  const clock = fixedClock(FRIDAY);
  const recording = buildRecording({ sql, clock, logger: silentLogger });
  const deps = {
    waiting: createWaitingPositions(sql),
    writers: recording.deps.writers,
    clock,
    newId: () => 'roll-1',
    logger: silentLogger,
  };
  return { clock, recording, deps };
}

async function book({ recording }: ReturnType<typeof process>, accountId: string, on: string) {
  const [result] = await recording.recordTrades([
    sentTrade({
      accountId,
      tradeId: `${accountId}-${on}`,
      quantity: decimal('10'),
      effectiveDate: businessDate(on),
    }),
  ]);
  if (result?.type !== 'RECORDED') throw new Error(JSON.stringify(result));
  return result.classification;
}

const eventsOf = async (accountId: string) => {
  const rows = await sql<{ event_type: string; effective_date: string; correlation_id: string }[]>`
    select event_type, effective_date::text, correlation_id from positions.event_store
    where position_key = ${aaplKeyOf(accountId)} order by event_ver`;
  return rows.map((row) => `${row.event_type} ${row.effective_date} ${row.correlation_id}`);
};

describe('PS-8 bookings for a later day', () => {
  test('count from their day on, once, in every position that has some', async () => {
    const here = process();
    expect(await book(here, 'F1', '2026-11-23')).toBe('FORWARD_DATED');
    await book(here, 'F1', '2026-11-24');
    await book(here, 'F2', '2026-11-23');
    expect(await rollForward(here.deps, never)).toBe(0);
    expect((await figuresOf(sql, 'F1'))?.figures).toBe('0 / 0 / 0');

    here.clock.advance(3 * DAY_MS);
    expect(await rollForward(here.deps, never)).toBe(2);
    expect((await figuresOf(sql, 'F1'))?.figures).toBe('10 / 100 / 0');
    expect((await figuresOf(sql, 'F2'))?.figures).toBe('10 / 100 / 0');
    expect(await rollForward(here.deps, never)).toBe(0);

    here.clock.advance(DAY_MS);
    expect(await rollForward(here.deps, never)).toBe(1);
    expect(await eventsOf('F1')).toEqual([
      'FORWARD_TRADE_BOOKED 2026-11-23 correlation-1',
      'FORWARD_TRADE_BOOKED 2026-11-24 correlation-1',
      'FORWARD_TRADE_EFFECTIVE 2026-11-23 roll-1',
      'FORWARD_TRADE_EFFECTIVE 2026-11-24 roll-1',
    ]);
    await here.recording.stop();
  });

  test('count once when two processes roll them at the same time', async () => {
    const accounts = Array.from({ length: 20 }, (_, index) => `R${index}`);
    const processes = [process(), process()] as const;
    for (const account of accounts) await book(processes[0], account, '2026-11-23');
    for (const { clock } of processes) clock.advance(3 * DAY_MS);
    const rolled = await Promise.all(processes.map(({ deps }) => rollForward(deps, never)));
    expect(rolled.reduce((sum, each) => sum + each)).toBe(20);
    for (const account of accounts) {
      expect(await figuresOf(sql, account)).toEqual({ version: 2, figures: '10 / 100 / 0' });
    }
    for (const { recording } of processes) await recording.stop();
  });
});

describe('the worker', () => {
  /** Resolves at each pause, with its length; the pause ends when the test says so. */
  function pauses() {
    let paused: (ms: number) => void = () => undefined;
    let goOn: () => void = () => undefined;
    const next = () =>
      new Promise<number>((resolve) => {
        paused = resolve;
      });
    return {
      next,
      goOn: () => {
        goOn();
      },
      pause: (ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          goOn = resolve;
          signal.addEventListener('abort', () => {
            resolve();
          });
          paused(ms);
        }),
    };
  }

  const leaseOf = (): Lease => createPostgresLease({ sql, logger: silentLogger });

  test('rolls at the start and each minute, and leaves it to whoever holds the lease', async () => {
    const here = process();
    await book(here, 'W1', '2026-11-23');
    here.clock.advance(3 * DAY_MS);
    const elsewhere = leaseOf();
    const held = await elsewhere.tryAcquire(ROLL_LEASE, { ttlMs: 30_000 });
    const lease = leaseOf();
    const { next, goOn, pause } = pauses();

    const first = next();
    const roll = startForwardRoll({ ...here.deps, lease, pause });
    expect(await first).toBe(ROLL_EVERY_MS);
    expect((await figuresOf(sql, 'W1'))?.figures).toBe('0 / 0 / 0');

    await held?.release();
    const second = next();
    goOn();
    await second;
    expect((await figuresOf(sql, 'W1'))?.figures).toBe('10 / 100 / 0');

    await roll.stop();
    await lease.close();
    await elsewhere.close();
    await here.recording.stop();
  });
});
