/**
 * The hot path for ten minutes (`npm run bench -- positions-sustained --minutes 3` for three), at
 * full load: the rate and the wait of each minute, with what Postgres does meanwhile. A rate that
 * falls from minute to minute would be a leak, in the process or in the tables.
 */

import { parseArgs } from 'node:util';
import postgres, { type Sql } from 'postgres';
import { type Child, startChild } from '../child.ts';
import { withFreshDatabase } from '../fresh-database.ts';
import type { Loaded } from '../positions/hot-load.ts';
import type { HotQuestion } from '../positions/hot-process.ts';
import { type Figure, rateFigure } from '../report.ts';

const DEFAULT_MINUTES = 10;
const MINUTE_MS = 60_000;
const BYTES_PER_MIB = 2 ** 20;

export function run(): Promise<readonly Figure[]> {
  const minutes = minutesAsked();
  return withFreshDatabase(async (url) => {
    const sql = postgres(url, { max: 1 });
    await sql`
      insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
      values ('ins_AAPL', 'AAPL', 'Apple', 'EQUITY', 'USD')`;
    const child = await startChild(new URL('../positions/hot-process.ts', import.meta.url), [url]);
    try {
      return await measure(child, sql, minutes);
    } finally {
      await child.stop();
      await sql.end();
    }
  });
}

function minutesAsked(): number {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: { minutes: { type: 'string', default: String(DEFAULT_MINUTES) } },
  });
  return Math.max(1, Number(values.minutes));
}

async function measure(child: Child, sql: Sql, minutes: number): Promise<readonly Figure[]> {
  const before = await activityOf(sql);
  const loaded: Loaded[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    const question: HotQuestion = {
      ask: 'load',
      stream: 'SUSTAINED',
      forMs: MINUTE_MS,
      tradesPerSecond: null,
      withDuplicates: true,
    };
    loaded.push((await child.ask(question)) as Loaded);
  }
  const after = await activityOf(sql);
  const rates = loaded.map(({ trades, seconds }) => trades / seconds);
  const [first = Number.NaN] = rates;
  const during = `in ${minutes} minutes`;
  return [
    rateFigure(
      {
        what: `durable trades, saturated, slowest of ${minutes} minutes`,
        value: Math.min(...rates),
        unit: 'trades/s',
        target: 'told, not set',
      },
      { what: 'the first minute', value: first },
    ),
    ...loaded.map(({ p99Ms }, index): Figure => {
      const what = `durable trades, saturated, minute ${index + 1}, p99 ${Math.round(p99Ms)} ms`;
      return rateFigure(
        { what, value: rates[index] ?? Number.NaN, unit: 'trades/s' },
        { what: 'the first minute', value: first },
      );
    }),
    {
      what: `trades stored ${during}`,
      value: loaded.reduce((sum, { trades }) => sum + trades, 0),
      unit: 'trades',
      target: '2,000,000 in a day',
    },
    {
      what: `longest wait of a trade ${during}`,
      value: Math.max(...loaded.map(({ maxMs }) => maxMs)),
      unit: 'ms',
      target: 'told, not set',
    },
    {
      what: `autovacuums of our tables ${during}`,
      value: after.vacuums - before.vacuums,
      unit: 'runs',
    },
    { what: `checkpoints ${during}`, value: after.checkpoints - before.checkpoints, unit: 'runs' },
    {
      what: `size of the database after ${minutes} minutes`,
      value: after.bytes / BYTES_PER_MIB,
      unit: 'MiB',
    },
    {
      what: 'updates of snapshots that touched no index (HOT)',
      value: after.hotUpdates / after.updates,
      unit: 'of all',
    },
  ];
}

interface Activity {
  readonly vacuums: number;
  readonly checkpoints: number;
  readonly bytes: number;
  readonly updates: number;
  readonly hotUpdates: number;
}

async function activityOf(sql: Sql): Promise<Activity> {
  await sql`select pg_stat_force_next_flush()`;
  const [row] = await sql<[Activity]>`
    select
      (select sum(autovacuum_count + autoanalyze_count)::int from pg_stat_user_tables) as vacuums,
      (select (num_timed + num_requested)::int from pg_stat_checkpointer) as checkpoints,
      pg_database_size(current_database())::float8 as bytes,
      n_tup_upd::float8 as updates, n_tup_hot_upd::float8 as "hotUpdates"
    from pg_stat_user_tables where schemaname = 'positions' and relname = 'snapshot_store'`;
  return row;
}
