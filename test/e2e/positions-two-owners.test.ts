/** Two processes that both believe to own every partition: slow, never wrong. */

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
import { seededChance } from '../support/seeded-random.ts';

const CLIENTS = 12;
/** Few, so that the two meet all the time. */
const ACCOUNTS = 3;
const TRADES = 500;
const LATE_SHARE = 0.05;
const LIMIT_MS = 120_000;
const TODAY = new Date().toISOString().slice(0, 10);

describe('PS-1 two owners of one partition at once', () => {
  const chance = seededChance('two owners');
  let database: TestDatabase;
  let sql: Sql;
  let processes: PositionsProcesses;
  beforeAll(async () => {
    database = await createTestDatabase();
    sql = openPool({ url: database.url, maxConnections: 2, applicationName: 'owners-audit' });
    await addInstruments(sql);
    processes = createPositionsProcesses({ databaseUrl: database.ownerUrl });
  }, LIMIT_MS);
  afterAll(async () => {
    await processes.close();
    await sql.end();
    await database.drop();
  });

  test(
    'count every trade once, also when one of them is killed and another takes over',
    async () => {
      const owners: [PositionsProcess, PositionsProcess] = [
        await processes.start(),
        await processes.start(),
      ];
      const fire = openFire({
        send: recordOver(() => owners[chance.below(2)] ?? owners[0]),
        change: changeOver(() => owners[chance.below(2)] ?? owners[0]),
        chance,
        clients: CLIENTS,
        accounts: ACCOUNTS,
        today: TODAY,
        lateShare: LATE_SHARE,
      });
      await fire.acknowledged(TRADES);
      await owners[0].kill();
      owners[0] = await processes.start();
      await fire.acknowledged(2 * TRADES);
      await fire.cease();
      await allSettled(sql);
      const { faults, positions } = await auditPositions(sql, fire.ledger);
      const complaints = faults.length === 0 ? '' : processes.complaint();
      expect({ faults, complaints }).toEqual({ faults: [], complaints: '' });
      expect(positions).toBe(ACCOUNTS);
    },
    LIMIT_MS,
  );
});
