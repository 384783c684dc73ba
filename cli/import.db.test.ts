import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import type { ImportRun } from '../subgraphs/market-data/domain/import-run.ts';
import { buildHistory } from '../subgraphs/market-data/main.ts';
import { recoverImports } from '../subgraphs/market-data/use-cases/recover-imports.ts';
import { createTestDatabase, type TestDatabase } from '../test/support/database.ts';
import { openDatabase } from './database.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Each start of a process costs a second or more. */
const PROCESS_LIMIT_MS = 90_000;
const SEEN_LIMIT_MS = 15_000;
const POLL_MS = 20;
const ENDED = 'The process ended before the import did: run it again to go on.';

let database: TestDatabase;
let sql: Sql;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'cli-import-test' });
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-cli-'));
});
afterAll(async () => {
  await sql.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** `npm run import -- …` without npm. */
function start(args: readonly string[], environment: Readonly<Record<string, string>>) {
  return spawn(process.execPath, ['--import', 'tsx', 'cli/import.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function endOf(child: ChildProcess & { stdout: object; stderr: object }) {
  const [out, err] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    child.exitCode === null ? once(child, 'close') : undefined,
  ]);
  return { code: child.exitCode, out, err };
}

const onServer = () => ({ DATABASE_URL: database.ownerUrl });
const run = (args: readonly string[], environment: Readonly<Record<string, string>> = onServer()) =>
  endOf(start(args, environment));

async function file(name: string, content: string): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, content);
  return place;
}

describe('npm run import', () => {
  test('says what it took and what it refused, and succeeds with faulty rows', async () => {
    const good = await file('closes_2020.csv', 'date,AAA\n2020-01-02,1\n2020-01-03,x\n');
    const { code, out, err } = await run(['prices', good, '--source', 'mine', '--currency', 'eur']);
    expect(err).toBe('');
    expect(out).toMatch(/^closes_2020\.csv: COMPLETED in \d+\.\d s, source mine\n/);
    expect(out).toContain('2 rows read, 1 new or changed, 0 unchanged, 1 fault\n');
    expect(out).toContain('line 3, column AAA: expected a plain decimal such as "187.50", was "x"');
    expect(code).toBe(0);
    const [added] = await sql`select currency from published.instruments where symbol = 'AAA'`;
    expect(added?.['currency']).toBe('EUR');
  });

  test('goes on after a file that is missing or unreadable, and fails in the end', async () => {
    const odd = await file('odd.csv', 'nothing,here\n1,2\n');
    const rates = await file('rates.csv', 'Date,USD,\n2026-04-13,1.1684,\n');
    const { code, out, err } = await run(['fx', path.join(folder, 'none.csv'), odd, rates]);
    expect(err).toMatch(/^There is no readable file .*none\.csv\.\n$/);
    expect(out).toContain('odd.csv: FAILED');
    expect(out).toContain('It stopped early: expected "Date" and currency codes');
    expect(out).toContain('rates.csv: COMPLETED');
    expect(code).toBe(1);
  });

  test.each([
    [['prices'], "missing required argument 'files'"],
    [['prices', 'x', '--symbol', 'A B'], 'expected up to 32 letters'],
    [['fx', 'x', '--source', 'mine'], "unknown option '--source'"],
  ])('%j is told what is wrong with it', async (args, message) => {
    const { code, err } = await run(args);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });

  test('of a database that does not answer says so in a sentence', async () => {
    const good = await file('closes_2020.csv', 'date,AAA\n2020-01-02,1\n');
    const { code, err } = await run(['prices', good], {
      DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none',
    });
    expect(err).toMatch(/start that server, or set DATABASE_URL right\.\n$/);
    expect(err).not.toContain('secret');
    expect(code).toBe(1);
  });

  test(
    'killed in the middle: the next start tells, and running it again loses nothing',
    async () => {
      const rows = 200_000;
      const days = Array.from({ length: rows }, (_, index) => `${dayOf(index)},S${index % 97},1.5`);
      const large = await file('large.csv', ['date,symbol,close', ...days].join('\n'));
      const history = buildHistory({ sql, clock: systemClock });
      const child = start(['prices', large], onServer());
      // The first of twenty batches.
      await until(async () => {
        const bars = await sql`
          select from market_data.price_bar join market_data.price_series using (series_id)
          where source = 'large' limit 1`;
        return bars.length > 0;
      });
      // Alive it is not taken for dead.
      expect(await recoverImports(history)).toBe(0);
      child.kill('SIGKILL');
      await endOf(child);
      await until(async () => (await recoverImports(history)) === 1);
      expect(await newestOf(history)).toMatchObject({ status: 'FAILED', failure: ENDED });

      expect(await run(['prices', large])).toMatchObject({ code: 0, err: '' });
      const { status, valuesStored, valuesUnchanged } = await newestOf(history);
      expect(status).toBe('COMPLETED');
      expect(valuesUnchanged).toBeGreaterThan(0);
      expect(valuesStored + valuesUnchanged).toBe(rows);
      const [stored] = await sql`
        select count(*)::int as bars, max(revision) as revision
        from market_data.price_bar join market_data.price_series using (series_id)
        where source = 'large'`;
      expect(stored).toEqual({ bars: rows, revision: 1 });
    },
    PROCESS_LIMIT_MS,
  );
});

describe('npm run import on the database of the data folder', () => {
  test(
    'starts it when the platform does not run, and joins it when it does',
    async () => {
      const dataDir = path.join(folder, 'data');
      const closes = await file('closes.csv', 'date,AAA\n2020-01-02,1\n');
      const alone = await run(['prices', closes], { DATA_DIR: dataDir });
      expect(alone.out).toContain('1 new or changed, 0 unchanged');

      const config = readConfig({ DATA_DIR: dataDir });
      const running = await openDatabase({ config, logger: silentLogger, mayJoinRunning: false });
      try {
        const beside = await run(['prices', closes], { DATA_DIR: dataDir });
        expect(beside).toMatchObject({ code: 0, err: '' });
        expect(beside.out).toContain('0 new or changed, 1 unchanged');
      } finally {
        await running.close();
      }
    },
    PROCESS_LIMIT_MS,
  );
});

async function newestOf({ importRuns }: ReturnType<typeof buildHistory>): Promise<ImportRun> {
  const [newest] = await importRuns.list({ list: 'imports', first: 1, after: undefined });
  if (newest === undefined) throw new Error('expected an import');
  return newest;
}

/** Every series gets a day once: 97 series, one after the other. */
function dayOf(index: number): string {
  return new Date(Date.UTC(1990, 0, 1 + Math.floor(index / 97))).toISOString().slice(0, 10);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SEEN_LIMIT_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it did not come about in time');
    await new Promise((resolve) => void setTimeout(resolve, POLL_MS));
  }
}
