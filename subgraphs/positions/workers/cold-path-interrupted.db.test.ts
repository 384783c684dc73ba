import { Registry } from 'prom-client';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { BACKDATED_TRADES_TOPIC } from '#kernel/topics/backdated-trades';
import { POSITION_CORRECTED_TOPIC } from '#kernel/topics/position-corrected';
import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { silentLogger } from '#platform/logger';
import type { EventLog } from '#platform/ports';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import {
  addInstruments,
  aaplKeyOf,
  figuresOf,
  recordingOn,
  sentTrade,
  testClock,
} from '../../../test/support/positions-world.ts';
import { createWaitingPositions } from '../store/waiting-positions.ts';
import type { PartitionWriters } from '../use-cases/partition-writers.ts';
import { COLD_GROUP } from './backdated-trades-consumer.ts';
import { type ColdPath, createColdPath } from './cold-path.ts';

type Submit = PartitionWriters['submit'];

let database: TestDatabase;
let sql: Sql;
let eventLog: EventLog;
let recording: ReturnType<typeof recordingOn>;
let running: ColdPath[] = [];
let metrics: Registry;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({
    url: database.url,
    maxConnections: 10,
    applicationName: 'cold-interrupted-test',
  });
  await addInstruments(sql);
});
beforeEach(() => {
  eventLog = createPostgresEventLog({ sql, url: database.url, logger: silentLogger });
  recording = recordingOn(sql);
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  running = [];
  await recording.stop();
  await eventLog.close();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** One process's cold path; `submit` stands between it and the writers. */
async function startColdPath(submit: Submit = recording.deps.writers.submit): Promise<ColdPath> {
  metrics = new Registry();
  const coldPath = createColdPath({
    eventLog,
    databaseUrl: database.url,
    writers: { submit, inFlight: recording.deps.writers.inFlight },
    contracts: { termsByIds: () => Promise.resolve(new Map()), forget: () => undefined },
    waiting: createWaitingPositions(sql),
    clock: testClock,
    logger: silentLogger,
    metrics,
  });
  running.push(coldPath);
  await coldPath.start();
  return coldPath;
}

async function record(
  accountId: string,
  id: string,
  [side, quantity, price, on]: readonly ['BUY' | 'SELL', string, string, string],
): Promise<void> {
  const [result] = await recording.recordTrades([
    sentTrade({
      accountId,
      tradeId: `${accountId}-${id}`,
      side,
      quantity: decimal(quantity),
      price: decimal(price),
      effectiveDate: businessDate(on),
    }),
  ]);
  if (result?.type !== 'RECORDED') throw new Error(JSON.stringify(result));
}

/** [G-1] up to the late trade X. */
async function recordG1(accountId: string): Promise<void> {
  await record(accountId, 'E1', ['BUY', '100', '10', '2026-03-02']);
  await record(accountId, 'E2', ['BUY', '100', '12', '2026-03-09']);
  await record(accountId, 'E3', ['SELL', '150', '15', '2026-03-16']);
  await record(accountId, 'X', ['BUY', '80', '11', '2026-03-05']);
}

const correctionsOf = async (accountId: string): Promise<readonly number[]> => {
  const rows = await sql<{ event_ver: number }[]>`
    select event_ver from positions.event_store
    where position_key = ${aaplKeyOf(accountId)}
      and event_type = 'HISTORICAL_POSITION_CORRECTED' order by event_ver`;
  return rows.map((row) => row.event_ver);
};

const statusOf = async (accountId: string): Promise<string | undefined> => {
  const [row] = await sql<{ status: string }[]>`
    select reconciliation_status as status from positions.snapshot_store
    where position_key = ${aaplKeyOf(accountId)}`;
  return row?.status;
};

/** Resolves when `holds` does; looked at after each commit that the topic tells of. */
async function until(topic: string, holds: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const news = new Promise<void>((resolve) => {
      const ignore = eventLog.onNews(topic, () => {
        ignore();
        resolve();
      });
    });
    if (await holds()) return;
    await news;
  }
}

const reconciled = (accountId: string) =>
  until(POSITION_CORRECTED_TOPIC, async () => (await statusOf(accountId)) === 'RECONCILED');

const waiting = async (): Promise<number> => {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from platform.outbox o
      left join platform.consumer_offset c
        on c.topic = o.topic and c.partition = o.partition and c.consumer_group = ${COLD_GROUP}
    where o.topic = ${BACKDATED_TRADES_TOPIC}
      and (c.xid is null or (o.xid, o.id) > (c.xid, c.id))`;
  return row.count;
};

describe('PS-5 a cold path that is down', () => {
  test('loses nothing: the hot path goes on, and all is corrected when it is back', async () => {
    for (const account of ['D1', 'D2', 'D3']) await recordG1(account);
    await record('D1', 'X2', ['BUY', '10', '11', '2026-03-03']);
    await record('D1', 'E4', ['BUY', '5', '20', '2026-03-20']);
    expect(await statusOf('D1')).toBe('PROVISIONAL');
    expect(await waiting()).toBe(4);
    await startColdPath();
    await Promise.all(['D1', 'D2', 'D3'].map(reconciled));
    expect((await figuresOf(sql, 'D2'))?.figures).toBe('130 / 1530 / 700');
    // Both late trades of D1 in one correction, in their places.
    expect(await correctionsOf('D1')).toEqual([7]);
    expect((await figuresOf(sql, 'D1'))?.figures).toBe('145 / 1740 / 700');
  });
});

describe('PS-5 a cold path that dies in the middle of a correction', () => {
  test('before the correction is written: the next one writes it', async () => {
    let reached: () => void = () => undefined;
    const isWriting = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const dying = await startColdPath(() => {
      reached();
      return Promise.reject(new Error('killed'));
    });
    await recordG1('K1');
    await isWriting;
    await dying.stop();
    expect(await statusOf('K1')).toBe('PROVISIONAL');
    await startColdPath();
    await reconciled('K1');
    expect(await correctionsOf('K1')).toEqual([5]);
  });

  test('after it is written and before it is acknowledged: it is there once', async () => {
    let written: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const dying = await startColdPath(async (commands) => {
      await recording.deps.writers.submit(commands);
      written();
      throw new Error('killed before it could say so');
    });
    await recordG1('K2');
    await isWritten;
    await dying.stop();
    await startColdPath();
    // Records of one position keep their order: when this one is corrected, the first was settled.
    await record('K2', 'X2', ['BUY', '10', '11', '2026-03-03']);
    await until(POSITION_CORRECTED_TOPIC, async () => (await correctionsOf('K2')).length === 2);
    expect(await correctionsOf('K2')).toEqual([5, 7]);
  });
});

describe('PS-5 what comes while a correction is calculated', () => {
  test('a current trade is counted on it, without another calculation', async () => {
    let isFirst = true;
    await startColdPath(async (commands) => {
      if (isFirst) {
        isFirst = false;
        await record('C1', 'E4', ['SELL', '30', '20', '2026-03-20']);
      }
      return recording.deps.writers.submit(commands);
    });
    await recordG1('C1');
    await reconciled('C1');
    expect(await correctionsOf('C1')).toEqual([6]);
    // X's 30 at 11 are the oldest: 30 x 20 - 330 earned.
    expect((await figuresOf(sql, 'C1'))?.figures).toBe('100 / 1200 / 970');
    expect(
      await metrics.getSingleMetricAsString('plumbline_positions_recalculation_restarts_total'),
    ).toContain('_total 0');
  });

  test('a late trade makes it begin anew, and one correction settles both', async () => {
    let isFirst = true;
    await startColdPath(async (commands) => {
      if (isFirst) {
        isFirst = false;
        await record('C2', 'X2', ['BUY', '10', '11', '2026-03-03']);
      }
      return recording.deps.writers.submit(commands);
    });
    await recordG1('C2');
    await reconciled('C2');
    expect(await correctionsOf('C2')).toEqual([6]);
    expect((await figuresOf(sql, 'C2'))?.figures).toBe('140 / 1640 / 700');
    expect(
      await metrics.getSingleMetricAsString('plumbline_positions_recalculation_restarts_total'),
    ).toContain('_total 1');
  });
});

describe('PS-5 a position that cannot be recalculated', () => {
  /** As the owner of the tables: the runtime role cannot. */
  async function rewriteFirstEvent(accountId: string, reliefMethod: string): Promise<void> {
    const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
    await owner`
      update positions.event_store
      set payload = payload || jsonb_build_object('reliefMethod', ${reliefMethod}::text)
      where position_key = ${aaplKeyOf(accountId)} and event_ver = 1`;
    await owner.end();
  }

  const lettersOf = () => eventLog.deadLetters({ group: COLD_GROUP, limit: 10 });

  test('is set aside visibly, keeps nobody waiting, and is done when it is retried', async () => {
    await recordG1('P1');
    await rewriteFirstEvent('P1', 'NONSENSE');
    await startColdPath();
    for (const account of ['P2', 'P3', 'P4']) await recordG1(account);
    await Promise.all(['P2', 'P3', 'P4'].map(reconciled));

    await expect.poll(lettersOf, { timeout: 15_000 }).toHaveLength(1);
    const [letter] = await lettersOf();
    expect(letter).toMatchObject({
      attempts: 3,
      record: { key: aaplKeyOf('P1') },
      reason: expect.stringContaining('NONSENSE') as string,
    });
    expect(await statusOf('P1')).toBe('PROVISIONAL');
    expect((await figuresOf(sql, 'P1'))?.figures).toBe('130 / 1480 / 650');

    // The hot path never noticed.
    await record('P1', 'E4', ['BUY', '5', '20', '2026-03-20']);
    expect((await figuresOf(sql, 'P1'))?.figures).toBe('135 / 1580 / 650');

    await rewriteFirstEvent('P1', 'FIFO');
    expect(await eventLog.retryDeadLetter(letter?.id ?? '')).toBe(true);
    await reconciled('P1');
    expect((await figuresOf(sql, 'P1'))?.figures).toBe('135 / 1630 / 700');
    await expect.poll(lettersOf).toEqual([]);
  });
});
