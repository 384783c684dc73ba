/** Redis comes and goes under full load of the positions: Postgres remembers, nothing is lost. */

import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { allSettled, auditPositions } from '../support/positions-audit.ts';
import {
  createPositionsProcesses,
  type PositionsProcess,
  type PositionsProcesses,
} from '../support/positions-process.ts';
import { changeOver, recordOver } from '../support/positions-requests.ts';
import { openFire } from '../support/positions-under-fire.ts';
import { addInstruments } from '../support/positions-world.ts';
import { redisSkipReason, startRedis, type TestRedis } from '../support/redis-server.ts';
import { seededChance } from '../support/seeded-random.ts';

const CLIENTS = 8;
const ACCOUNTS = 6;
const LATE_SHARE = 0.05;
const TIMES_AWAY = 3;
const TRADES_BETWEEN = 80;
const LIMIT_MS = 120_000;
const TODAY = new Date().toISOString().slice(0, 10);

describe.skipIf(redisSkipReason !== undefined)('PS-16 Redis away and back, again and again', () => {
  const chance = seededChance('without Redis');
  let database: TestDatabase;
  let sql: Sql;
  let redis: TestRedis;
  let processes: PositionsProcesses;
  let server: PositionsProcess;
  beforeAll(async () => {
    redis = await startRedis();
    database = await createTestDatabase();
    sql = openPool({ url: database.url, maxConnections: 2, applicationName: 'redis-audit' });
    await addInstruments(sql);
    processes = createPositionsProcesses({
      databaseUrl: database.ownerUrl,
      redisUrl: redis.url,
    });
    server = await processes.start();
  }, LIMIT_MS);
  afterAll(async () => {
    await processes.close();
    await redis.close();
    await sql.end();
    await database.drop();
  });

  test(
    'every trade counts once, and what came late is corrected, with Redis there or not',
    async () => {
      const fire = openFire({
        send: recordOver(() => server),
        change: changeOver(() => server),
        chance,
        clients: CLIENTS,
        accounts: ACCOUNTS,
        today: TODAY,
        lateShare: LATE_SHARE,
      });
      const someMore = () => fire.acknowledged(fire.ledger.acknowledged.size + TRADES_BETWEEN);
      for (let time = 0; time < TIMES_AWAY; time += 1) {
        await someMore();
        await redis.kill();
        await someMore();
        // Away for good the last time: the cold path must do without.
        if (time < TIMES_AWAY - 1) await redis.start();
      }
      await fire.cease();
      await allSettled(sql);
      const { faults } = await auditPositions(sql, fire.ledger);
      const complaints = faults.length === 0 ? '' : processes.complaint();
      expect({ faults, complaints }).toEqual({ faults: [], complaints: '' });
    },
    LIMIT_MS,
  );
});
