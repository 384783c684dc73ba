/**
 * Ticks a second from a feed through the rules to the store and to 100 subscribers, in one process;
 * against writing as many rows to the same table without anything else.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { openPool } from '#platform/postgres';
import { withFreshDatabase } from '../fresh-database.ts';
import { type Figure, median, rateFigure } from '../report.ts';
import { type PathTaken, type Subscribers, tickPath, writeRecording } from '../ticks/tick-path.ts';

const TICKS = 60_000;
const ROUNDS = 3;
const BATCH = 1_000;
const CONNECTIONS = 4;

const SOME: Subscribers = { count: 100, symbolsEach: 10 };
const ALL: Subscribers = { count: 100, symbolsEach: 50 };

export async function run(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-ticks-'));
  try {
    const file = writeRecording(folder, TICKS);
    return await withFreshDatabase(async (url) => {
      const sql = openPool({ url, maxConnections: CONNECTIONS, applicationName: 'tick-bench' });
      try {
        return await measure(sql, file);
      } finally {
        await sql.end();
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(sql: Sql, file: string): Promise<readonly Figure[]> {
  const plain: number[] = [];
  const some: PathTaken[] = [];
  const all: PathTaken[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(await plainSeconds(sql, round * TICKS));
    some.push(await checked(sql, file, SOME));
    all.push(await checked(sql, file, ALL));
  }
  const rate = (taken: readonly PathTaken[]) => TICKS / median(taken.map(({ seconds }) => seconds));
  const reference = { what: 'inserting as many rows alone', value: TICKS / median(plain) };
  const path = 'feed to rules to store and 100 subscribers';
  const unit = 'ticks/s';
  return [
    rateFigure(
      { what: `${path} of 10 of 50 symbols`, value: rate(some), unit, target: '>= 10,000' },
      reference,
    ),
    rateFigure({ what: `${path} of all symbols`, value: rate(all), unit }, reference),
    {
      what: 'deliveries to 100 subscribers of all symbols',
      value: (TICKS * ALL.count) / median(all.map(({ seconds }) => seconds)),
      unit: 'ticks/s',
    },
    {
      what: 'CPU of our process per tick, 100 subscribers of 10 symbols',
      value: (median(some.map(({ cpuSeconds }) => cpuSeconds)) / TICKS) * 1e6,
      unit: 'us',
    },
    {
      what: 'judged to delivered at full load, p99, 100 subscribers of 10 symbols',
      value: median(some.map(({ latenciesMs }) => quantile(latenciesMs, 0.99))),
      unit: 'ms',
    },
  ];
}

async function checked(sql: Sql, file: string, subscribers: Subscribers): Promise<PathTaken> {
  const taken = await tickPath(sql, { file, ticks: TICKS, subscribers });
  if (taken.stored !== TICKS) throw new Error(`stored ${taken.stored} of ${TICKS} ticks`);
  return taken;
}

/** As many rows of the same form in batches of 1,000, one commit each; made by the server. */
async function plainSeconds(sql: Sql, first: number): Promise<number> {
  await sql`select market_data.ensure_tick_month('2000-01-01')`;
  const startedAtMs = performance.now();
  for (let from = first; from < first + TICKS; from += BATCH) {
    await sql`
      insert into market_data.tick
        (instrument_id, event_time, sequence, price, size, quality, received_at, source,
         source_sequence, flags)
      select 'ins_PLAIN' || n % 50, timestamptz '2000-01-01 00:00+00' + n * interval '1 millisecond', n,
        10000000000, 150000000, 'GOOD', now(), 'replay:bench_trades', n::text, ''
      from generate_series(${from}::bigint, ${from + BATCH - 1}::bigint) n`;
  }
  return (performance.now() - startedAtMs) / 1_000;
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
