import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createPositionRepository } from '../store/positions.ts';
import { aaplKeyOf, addInstruments } from '../../../test/support/positions-world.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ACCOUNTS = 4;
const CLIENTS = 12;
const TRADES_PER_REQUEST = 3;
const KILLS = 4;
/** Requests answered before the axe falls, at least. */
const ANSWERS_BEFORE_KILL = 150;

/**
 * Clients that send one request after the other, all of them on the same few positions, from the
 * request each was at. Prints `client request tradeId:version,…` for every answer.
 */
const LOAD = `
  import { openPool } from '#platform/postgres';
  import { recordingOn, sentTrade } from './test/support/positions-world.ts';
  const { url, starts } = JSON.parse(process.argv.at(-1));
  const sql = openPool({ url, maxConnections: 8, applicationName: 'crash-test' });
  const recording = recordingOn(sql);
  await Promise.all(starts.map(async (start, client) => {
    for (let request = start; ; request += 1) {
      const trades = Array.from({ length: ${TRADES_PER_REQUEST} }, (_, n) => sentTrade({
        accountId: 'ACC-' + ((client + request + n) % ${ACCOUNTS}),
        tradeId: ['T', client, request, n].join('-'),
        side: (request + n) % 3 === 0 ? 'SELL' : 'BUY',
      }));
      const answers = await recording.recordTrades(trades);
      const versions = answers.map((each) => [each.tradeId, each.eventVersion].join(':'));
      process.stdout.write([client, request, versions.join(',')].join(' ') + '\\n');
    }
  }));
`;

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'crash-check' });
  await addInstruments(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** Runs the load until enough answers have come, then kills the process without a warning. */
async function loadUntilKilled(
  starts: readonly number[],
  onAnswer: (client: number, request: number, versions: string) => void,
): Promise<void> {
  const given = JSON.stringify({ url: database.url, starts });
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', LOAD, '--', given],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const exited = once(child, 'exit');
  let answers = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [client = '', request = '', versions = ''] = line.split(' ');
    onAnswer(Number(client), Number(request), versions);
    answers += 1;
    if (answers === ANSWERS_BEFORE_KILL) child.kill('SIGKILL');
  }
  await exited;
  if (answers < ANSWERS_BEFORE_KILL) throw new Error(`the load ended by itself: ${complaint}`);
}

describe('PS-16 kill -9 under load, with clients that send again', () => {
  test('loses nothing acknowledged and counts nothing twice', async () => {
    const acknowledged = new Map<string, string>();
    const contradictions: string[] = [];
    let starts: readonly number[] = Array.from({ length: CLIENTS }, () => 0);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const next = [...starts];
      await loadUntilKilled(starts, (client, request, versions) => {
        // The last answered request is sent again, too, as if its answer had been lost.
        next[client] = request;
        for (const answer of versions.split(',')) {
          const [tradeId = '', version = ''] = answer.split(':');
          if ((acknowledged.get(tradeId) ?? version) !== version) contradictions.push(answer);
          acknowledged.set(tradeId, version);
        }
      });
      starts = next;
    }
    expect(contradictions).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(KILLS * ANSWERS_BEFORE_KILL * 2);

    const stored = await sql<{ trade_id: string; event_ver: number }[]>`
      select trade_id, event_ver from positions.event_store`;
    const storedVersions = new Map(stored.map((row) => [row.trade_id, String(row.event_ver)]));
    expect(storedVersions.size).toBe(stored.length);
    const lost = [...acknowledged].filter(([id, version]) => storedVersions.get(id) !== version);
    expect(lost).toEqual([]);

    const positions = createPositionRepository(sql);
    for (let account = 0; account < ACCOUNTS; account += 1) {
      const key = aaplKeyOf(`ACC-${account}`);
      const summary = (await positions.byKeys([key])).get(key);
      if (summary === undefined) throw new Error(`expected ${key} to exist`);
      // Replaying throws on a gap in the versions.
      const { position } = await positions.replay(summary.key, {});
      const { lots, ...figures } = position;
      expect(summary.figures).toEqual(figures);
      const [kept] = await positions.lotsOf([{ key: summary.key, version: position.version }]);
      expect(kept).toEqual(lots);
    }
    const [published] = await sql`
      select count(*)::int as rows, count(distinct payload ->> 'tradeId')::int as trades
      from platform.outbox where topic = 'trade-applied'`;
    expect(published).toEqual({ rows: stored.length, trades: stored.length });
  }, 40_000);
});
