import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { createTestDatabase, type TestDatabase } from '../test/support/database.ts';
import { storeEvents } from '../test/support/stored-events.ts';
import { openDatabase } from './database.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Each start of a process costs a second or more. */
const PROCESS_LIMIT_MS = 90_000;
const EVENTS = 200_000;
/** The second half of the events is twice as much text. */
const MAX_GROWTH_MB = 40;

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const owner = postgres(database.ownerUrl, { max: 1 });
  await storeEvents(owner, { count: EVENTS, from: '2026-01-01T00:00:00Z' });
  await owner.end();
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-export-'));
}, PROCESS_LIMIT_MS);
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Says at its end how much memory it ever had, in KB. */
const TELL_MEMORY = `data:text/javascript,process.on('exit', () =>
  process.stderr.write('maxRSS ' + process.resourceUsage().maxRSS))`;

/** `npm run export -- …` without npm. */
function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawn(
    process.execPath,
    ['--import', TELL_MEMORY, '--import', 'tsx', 'cli/export.ts', ...args],
    {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], DATABASE_URL: database.ownerUrl, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = start(args, environment);
  const [out, told] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  const [err = '', maxRssKb] = told.split('maxRSS ');
  return { code: child.exitCode, out, err, maxRssMb: Number(maxRssKb) / 1_024 };
}

const linesOf = (out: string): unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

describe('PS-12 npm run export', () => {
  test('writes lines of JSON to standard output, in the order of recording', async () => {
    const { code, out, err } = await run(['--format', 'ndjson', '--correlation', 'workflow-77']);
    expect(err).toBe('');
    const events = linesOf(out);
    expect(events).toHaveLength(10);
    expect(events[0]).toMatchObject({
      eventId: 'BOOK-0|ACCOUNT-770|INS_X|USD|-|NET#1',
      type: 'TRADE_APPLIED',
      recordedAt: '2026-01-01T00:12:50.000000Z',
      tradeId: 'T770',
      quantity: '1',
      price: '10',
      currency: 'USD',
      user: 'user-0',
      payload: { effect: 'INCREASE' },
      lots: null,
    });
    expect(code).toBe(0);
  });

  test('writes CSV, gzipped when the name says so, and leaves nothing half', async () => {
    const file = path.join(folder, 'events.csv.gz');
    const range = ['--from', '2026-01-02', '--to', '2026-01-02T01:00:00Z', '--book', 'book-3'];
    const { code, out } = await run(['--format', 'csv', '--out', file, ...range]);
    expect(out).toBe(`360 events in ${file}\n`);
    expect(code).toBe(0);
    const records: unknown = parse(gunzipSync(await readFile(file)), { columns: true });
    expect(records).toHaveLength(360);
    const [first] = records as object[];
    expect(first).toMatchObject({ tradeId: 'T86403', user: 'user-2' });
    await expect(access(`${file}.partial`)).rejects.toThrow('ENOENT');
  });

  test(
    'holds no more of many events than of few',
    async () => {
      const half = path.join(folder, 'half');
      const whole = path.join(folder, 'whole');
      // Halfway the garbage of the heap has reached its height.
      const few = await run(['--format', 'ndjson', '--out', half, '--to', '2026-01-02T03:46:40Z']);
      const many = await run(['--format', 'ndjson', '--out', whole]);
      expect(few.out).toContain('100,000 events');
      expect(many.out).toContain('200,000 events');
      const written = await readFile(whole, 'utf8');
      const moreText = written.length - (await stat(half)).size;
      expect(moreText).toBeGreaterThan(2 * MAX_GROWTH_MB * 1_024 * 1_024);
      expect(new Set(written.match(/"tradeId":"T\d+"/g)).size).toBe(EVENTS);
      expect(many.maxRssMb - few.maxRssMb).toBeLessThan(MAX_GROWTH_MB);
    },
    PROCESS_LIMIT_MS,
  );

  test('ends quietly, and as if by a signal, when its reader has enough', async () => {
    const child = start(['--format', 'ndjson']);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [told] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(told).toMatch(/^maxRSS \d+$/);
    expect(child.exitCode).toBe(141);
  });

  test('interrupted leaves the file that was there', async () => {
    const file = path.join(folder, 'kept');
    await writeFile(file, 'older');
    const child = start(['--format', 'csv', '--out', file]);
    while (
      !(await access(`${file}.partial`).then(
        () => true,
        () => false,
      ))
    ) {
      await new Promise((resolve) => void setTimeout(resolve, 10));
    }
    child.kill('SIGINT');
    await once(child, 'close');
    expect(child.exitCode).toBe(130);
    expect(await readFile(file, 'utf8')).toBe('older');
    await expect(access(`${file}.partial`)).rejects.toThrow('ENOENT');
  });

  test.each([
    [[], "required option '--format <format>' not specified"],
    [['--format', 'xml'], 'Allowed choices are ndjson, csv'],
    [['--format', 'csv', '--from', '2026-02-30'], 'expected 2026-11-20 or 2026-11-20T14:30:00Z'],
    [['--format', 'csv', 'x'], 'too many arguments'],
    [['--format', 'csv', '--out', '/nowhere/at/all'], 'The export stopped (ENOENT'],
  ])('%j is told what is wrong with it', async (args, message) => {
    const { code, err } = await run(args);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });

  test('of a database that does not answer says so in a sentence', async () => {
    const { code, err } = await run(['--format', 'csv'], {
      DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none',
    });
    expect(err).toMatch(/start that server, or set DATABASE_URL right\.\n$/);
    expect(err).not.toContain('secret');
    expect(code).toBe(1);
  });
});

test(
  'npm run export starts the database of the data folder, or joins the one that runs',
  async () => {
    const dataDir = path.join(folder, 'data');
    const onFolder = { DATABASE_URL: '', DATA_DIR: dataDir };
    expect(await run(['--format', 'csv'], onFolder)).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^eventId,[^\n]*,lots\r\n$/),
    });
    const config = readConfig({ DATA_DIR: dataDir });
    const running = await openDatabase({ config, logger: silentLogger, mayJoinRunning: false });
    try {
      const owner = postgres(running.url, { max: 1 });
      await storeEvents(owner, { count: 5, from: '2026-01-01T00:00:00Z' });
      await owner.end();
      const beside = await run(['--format', 'ndjson'], onFolder);
      expect(beside.code).toBe(0);
      expect(linesOf(beside.out)).toHaveLength(5);
    } finally {
      await running.close();
    }
  },
  PROCESS_LIMIT_MS,
);
