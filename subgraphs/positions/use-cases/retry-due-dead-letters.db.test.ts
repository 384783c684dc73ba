import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  addInstruments,
  recordingOn,
  sentTrade,
  storedEventsOf,
} from '../../../test/support/positions-world.ts';
import type { DeadLetter } from '../domain/dead-letter.ts';
import type { TradeRequest } from '../domain/trade.ts';
import { createDeadLetterAttempts } from '../store/dead-letter-attempts.ts';
import { createDeadLetterReader } from '../store/dead-letter-reader.ts';
import { createPositionRepository } from '../store/positions.ts';
import { correctDeadLetter } from './correct-dead-letter.ts';
import type { TradeOrigin } from './record-trades.ts';
import { retryDeadLetter } from './retry-dead-letter.ts';
import { retryDueDeadLetters, type RetryDueDeps } from './retry-due-dead-letters.ts';

let database: TestDatabase;
let sql: Sql;
let recording: ReturnType<typeof recordingOn>;
let deps: RetryDueDeps;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'retry-test' });
  await addInstruments(sql);
  recording = recordingOn(sql);
  deps = {
    ...recording.deps,
    letters: createDeadLetterReader(sql),
    letterAttempts: createDeadLetterAttempts(sql),
    positions: createPositionRepository(sql),
    logger: silentLogger,
  };
});
afterAll(async () => {
  await recording.stop();
  await sql.end();
  await database.drop();
});

const round = (with_: Partial<RetryDueDeps> = {}) =>
  retryDueDeadLetters({ ...deps, ...with_ }, new AbortController().signal);

/** Refused for want of its instrument; answers the id of the dead letter. */
async function refused(
  accountId: string,
  changes: Partial<TradeRequest> = {},
  origin: Partial<TradeOrigin> = {},
): Promise<string> {
  const sent = sentTrade({ accountId, symbol: `NEW${accountId}`, ...changes });
  const [answer] = await recording.recordTrades([
    { ...sent, origin: { ...sent.origin, source: 'trade-events', ...origin } },
  ]);
  if (answer?.type !== 'REFUSED' || answer.deadLetterId === null) {
    throw new Error('expected a dead letter');
  }
  return answer.deadLetterId;
}

async function letterOf(id: string): Promise<DeadLetter> {
  const letter = await deps.letters.byId(id);
  if (letter === undefined) throw new Error('expected a dead letter');
  return letter;
}

async function nameInstrument(accountId: string): Promise<void> {
  const symbol = `NEW${accountId}`;
  await sql`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    values (${`ins_${symbol}`}, ${symbol}, ${symbol}, 'EQUITY', 'USD')`;
}

const makeDue = (id: string) => sql`
  update positions.dead_letter set next_attempt_at = clock_timestamp() - interval '1 second'
  where id = ${id} and next_attempt_at is not null`;

/** From its last refusal to its next retry. */
async function pauseSecondsOf(id: string): Promise<number> {
  const [row] = await sql<{ seconds: number }[]>`
    select extract(epoch from next_attempt_at - last_refused_at)::float8 as seconds
    from positions.dead_letter where id = ${id}`;
  return row?.seconds ?? Number.NaN;
}

const eventsOf = (accountId: string) => sql`
  select trade_id, user_id, source, correlation_id, causation_id from positions.event_store
  where position_key like ${`BOOK-1|${accountId}|%`}`;

function expectAbout(seconds: number, expected: number): void {
  expect(seconds).toBeGreaterThan(expected * 0.79);
  expect(seconds).toBeLessThan(expected * 1.21);
}

describe('PS-9 automatic retry', () => {
  test('counts a trade of a topic once its instrument is known, for its sender', async () => {
    const id = await refused('R1', {}, { causationId: 'trade-events:7' });
    expectAbout(await pauseSecondsOf(id), 15);
    expect(await round()).toBe(0);

    await nameInstrument('R1');
    await makeDue(id);
    expect(await round()).toBe(1);
    expect(await letterOf(id)).toMatchObject({
      status: 'RETRIED',
      countedAs: 'R1-T1',
      resolvedBy: 'dead-letter-retry',
      nextRetryAtMs: null,
    });
    expect(await eventsOf('R1')).toEqual([
      {
        trade_id: 'R1-T1',
        user_id: 'trader',
        source: 'dead-letters',
        correlation_id: 'correlation-1',
        causation_id: `dead-letter:${id}`,
      },
    ]);
    expect(await round()).toBe(0);
  });

  test('waits twice as long after each refusal, and stops after the eighth', async () => {
    const id = await refused('R2');
    for (const [made, seconds] of [30, 60, 120, 240, 480, 960, 1_920].entries()) {
      await makeDue(id);
      expect(await round()).toBe(1);
      expectAbout(await pauseSecondsOf(id), seconds);
      expect(await letterOf(id)).toMatchObject({ status: 'OPEN', automaticRetries: made + 1 });
    }
    await makeDue(id);
    await round();
    expect(await letterOf(id)).toMatchObject({
      status: 'OPEN',
      reason: 'UNKNOWN_INSTRUMENT',
      automaticRetries: 8,
      nextRetryAtMs: null,
      timesRefused: 9,
    });
    expect(await round()).toBe(0);
  });

  test('stops at once when the trade is refused for what does not pass', async () => {
    const id = await refused('R3', { currency: 'EUR' });
    await nameInstrument('R3');
    await makeDue(id);
    await round();
    expect(await letterOf(id)).toMatchObject({
      status: 'OPEN',
      reason: 'CURRENCY_MISMATCH',
      nextRetryAtMs: null,
    });
  });

  test('leaves a trade alone whose sender was told', async () => {
    const id = await refused('R4', {}, { source: 'graphql' });
    expect(await letterOf(id)).toMatchObject({ status: 'OPEN', nextRetryAtMs: null });
  });

  test('by several processes at once tries each one once', async () => {
    const ids = await Promise.all(['P1', 'P2', 'P3', 'P4'].map((account) => refused(account)));
    for (const id of ids) await makeDue(id);
    await Promise.all([round(), round(), round()]);
    for (const id of ids) {
      expect(await letterOf(id)).toMatchObject({ automaticRetries: 1, timesRefused: 2 });
    }
  });

  test('goes on with the others when one fails, and finishes that one later', async () => {
    const [bad, good] = [await refused('F1'), await refused('F2')];
    for (const id of [bad, good]) await makeDue(id);
    await Promise.all(['F1', 'F2'].map(nameInstrument));
    // As the database being away for one of them.
    const { letterAttempts } = deps;
    const failing = {
      ...letterAttempts,
      endCounted: (...args: Parameters<typeof letterAttempts.endCounted>) =>
        args[0].deadLetterId === bad
          ? Promise.reject(new Error('the database is away'))
          : letterAttempts.endCounted(...args),
    };
    expect(await round({ letterAttempts: failing })).toBe(2);
    expect(await letterOf(bad)).toMatchObject({ status: 'IN_PROGRESS' });
    expect(await letterOf(good)).toMatchObject({ status: 'RETRIED' });

    expect(await round()).toBe(0);
    await abandon(bad);
    expect(await round()).toBe(1);
    expect(await letterOf(bad)).toMatchObject({ status: 'RETRIED', countedAs: 'F1-T1' });
  });
});

const abandon = (id: string) => sql`
  update positions.dead_letter set claimed_at = clock_timestamp() - interval '2 minutes'
  where id = ${id}`;

describe('PS-9 a process that dies', () => {
  const person = { commandId: 'c1', user: 'operations', correlationId: 'c' };
  const dying = () => {
    const { letterAttempts } = deps;
    const died = () => Promise.reject(new Error('killed'));
    return { ...deps, letterAttempts: { ...letterAttempts, endCounted: died } };
  };

  test('after the trade was counted: the command again finds it, and counts nothing', async () => {
    const id = await refused('D1', { symbol: 'AAPL', price: 0n as TradeRequest['price'] });
    const command = {
      ...person,
      deadLetterId: id,
      newTradeId: 'D1-T2',
      reason: 'a price was missing',
      changes: { price: 1_000_000_000n as TradeRequest['price'] },
    };
    await expect(correctDeadLetter(dying(), command)).rejects.toThrow('killed');
    expect(await letterOf(id)).toMatchObject({ status: 'IN_PROGRESS' });

    const other = { ...command, commandId: 'c2', newTradeId: 'D1-T3' };
    expect(await correctDeadLetter(deps, other)).toMatchObject({ reason: 'IN_PROGRESS' });
    expect(await correctDeadLetter(deps, command)).toMatchObject({
      ok: true,
      letter: { status: 'CORRECTED', countedAs: 'D1-T2' },
      counted: { tradeId: 'D1-T2', eventVersion: 1 },
    });
    expect(await storedEventsOf(sql, 'D1')).toHaveLength(1);
  });

  test('and nobody comes back: the worker finishes what was begun, in that name', async () => {
    const id = await refused('D2');
    await nameInstrument('D2');
    const command = { ...person, deadLetterId: id };
    await expect(retryDeadLetter(dying(), command)).rejects.toThrow('killed');
    expect(await round()).toBe(0);
    await abandon(id);
    expect(await round()).toBe(1);
    expect(await letterOf(id)).toMatchObject({ status: 'RETRIED', resolvedBy: 'operations' });
    expect(await eventsOf('D2')).toMatchObject([{ trade_id: 'D2-T1', user_id: 'operations' }]);
  });
});
