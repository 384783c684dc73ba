/**
 * The worst moments of the positions, done to a server and a Postgres of their own, under full load
 * and with clients that send again: nothing acknowledged is lost, and nothing counts twice.
 */

import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '#platform/postgres';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { migrate } from '../../db/migrate.ts';
import { allSettled, auditPositions } from '../support/positions-audit.ts';
import { changeOver, recordOver, VERIFIED, verified } from '../support/positions-requests.ts';
import {
  createPositionsProcesses,
  type PositionsProcess,
  type PositionsProcesses,
} from '../support/positions-process.ts';
import { openFire } from '../support/positions-under-fire.ts';
import { addInstruments } from '../support/positions-world.ts';
import { seededChance } from '../support/seeded-random.ts';

const SERVER_KILLS = 20;
const DATABASE_KILLS = 5;
const CLIENTS = 16;
const ACCOUNTS = 12;
const LATE_SHARE = 0.03;
/** Answers between two kills, at least and up to. */
const LEAST_ANSWERS = 20;
const MORE_ANSWERS = 150;
const START_LIMIT_MS = 60_000;
const STORY_LIMIT_MS = 300_000;
const MAX_STARTS = 10;
const TODAY = new Date().toISOString().slice(0, 10);

describe('PS-16 kill -9 of the server and of Postgres, again and again, under full load', () => {
  const chance = seededChance('positions under fire');
  let folder = '';
  let postgres: EmbeddedPostgres;
  let sql: Sql;
  let processes: PositionsProcesses;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-fire-'));
    chmodSync(folder, 0o755);
    postgres = await startEmbeddedPostgres({ dataDir: folder });
    await migrate(postgres.url);
    sql = openPool({ url: postgres.url, maxConnections: 2, applicationName: 'fire-audit' });
    await addInstruments(sql);
    processes = createPositionsProcesses({ databaseUrl: postgres.url });
  }, START_LIMIT_MS);
  afterAll(async () => {
    await processes.close();
    await sql.end();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 6 });
  });

  test(
    'every acknowledged trade is there exactly once, and snapshots equal their replay',
    async () => {
      let server: PositionsProcess = await processes.start();
      const fire = openFire({
        send: recordOver(() => server),
        change: changeOver(() => server),
        chance,
        clients: CLIENTS,
        accounts: ACCOUNTS,
        today: TODAY,
        lateShare: LATE_SHARE,
      });
      const kills = shuffled([
        ...Array.from({ length: SERVER_KILLS }, () => 'server'),
        ...Array.from({ length: DATABASE_KILLS }, () => 'postgres'),
      ]);
      for (const kill of kills) {
        const answers = LEAST_ANSWERS + chance.below(MORE_ANSWERS);
        await fire.acknowledged(fire.ledger.acknowledged.size + answers);
        // Not only right after an answer.
        await delay(chance.below(10));
        if (kill === 'postgres') {
          process.kill(postmaster(folder), 'SIGKILL');
        } else {
          await server.kill();
          server = await startAgain();
        }
      }
      await fire.acknowledged(fire.ledger.acknowledged.size + LEAST_ANSWERS);
      await fire.cease();
      await allSettled(sql);

      const { faults, events } = await auditPositions(sql, fire.ledger);
      const complaints = faults.length === 0 ? '' : processes.complaint();
      expect({ faults, complaints }).toEqual({ faults: [], complaints: '' });
      const accounts = new Set([...fire.ledger.sent.values()].map((trade) => trade.accountId));
      for (const accountId of accounts) {
        expect(await verified(server, accountId)).toEqual(VERIFIED);
      }
      expect(events).toBeGreaterThan(kills.length * LEAST_ANSWERS);
      const { changes } = fire.ledger;
      expect(changes.size).toBeGreaterThan(0);
      process.stdout.write(
        `${events} events survived ${kills.length} kills, ${changes.size} trades were undone\n`,
      );
    },
    STORY_LIMIT_MS,
  );

  /** Postgres may be on its way back: whoever runs servers starts them again until one stays. */
  async function startAgain(): Promise<PositionsProcess> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await processes.start();
      } catch (error) {
        if (attempt === MAX_STARTS) throw error;
      }
    }
  }

  function shuffled<T>(items: readonly T[]): readonly T[] {
    return items
      .map((item) => ({ item, order: chance.fraction() }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }
});

function postmaster(folder: string): number {
  return Number.parseInt(readFileSync(join(folder, 'cluster', 'postmaster.pid'), 'utf8'), 10);
}
