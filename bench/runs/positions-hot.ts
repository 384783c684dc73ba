/**
 * The hot path of positions: trades a second from the gate to durable, against one prepared
 * statement and commit per trade with the same rows; the wait at half of that rate; what one
 * duplicate in a hundred costs; and what a late trade costs more than a current one.
 */

import postgres from 'postgres';
import { type Child, startChild } from '../child.ts';
import { withFreshDatabase } from '../fresh-database.ts';
import type { Compared, Loaded, Loading } from '../positions/hot-load.ts';
import type { HotQuestion } from '../positions/hot-process.ts';
import type { ReferenceQuestion } from '../positions/hot-reference.ts';
import { type Figure, median, rateFigure } from '../report.ts';

const ROUNDS = 3;
const WARM_UP_MS = 3_000;
const FLOOD_MS = 3_000;
const STEADY_MS = 24_000;
const COMPARE_MS = 3_000;
const REFERENCE_TRADES_PER_CLIENT = 1_500;
const US_PER_SECOND = 1_000_000;
const FLOOD = { forMs: FLOOD_MS, tradesPerSecond: null, withDuplicates: false };

export function run(): Promise<readonly Figure[]> {
  return withFreshDatabase(async (url) => {
    await addInstrument(url);
    const ours = await startChild(new URL('../positions/hot-process.ts', import.meta.url), [url]);
    const bare = await startChild(new URL('../positions/hot-reference.ts', import.meta.url), [url]);
    try {
      await load(ours, 'WARM', { ...FLOOD, forMs: WARM_UP_MS });
      const { figures, tradesPerSecond } = await flooded(ours, bare);
      return [
        ...figures,
        ...(await atHalfTheRate(ours, tradesPerSecond / 2)),
        ...(await lateBesideCurrent(ours)),
      ];
    } finally {
      await ours.stop();
      await bare.stop();
    }
  });
}

async function addInstrument(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    values ('ins_AAPL', 'AAPL', 'Apple', 'EQUITY', 'USD')`;
  await sql.end();
}

/** Takes turns with the reference, so that what else the machine does hits all of them alike. */
async function flooded(
  ours: Child,
  bare: Child,
): Promise<{ readonly figures: readonly Figure[]; readonly tradesPerSecond: number }> {
  const references: number[] = [];
  const plain: Loaded[] = [];
  const repeating: Loaded[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    references.push(await referenceRate(bare, `BARE-${round}`));
    plain.push(await load(ours, 'HOT', FLOOD));
    repeating.push(await load(ours, 'HOT', { ...FLOOD, withDuplicates: true }));
  }
  const rateOf = (rounds: readonly Loaded[]): number =>
    median(rounds.map(({ trades, seconds }) => trades / seconds));
  const tradesPerSecond = rateOf(plain);
  const figures = [
    rateFigure(
      {
        what: 'durable trades, saturated, requests of one trade',
        value: tradesPerSecond,
        unit: 'trades/s',
        target: '>= 1.2x, aim 2x',
      },
      {
        what: 'one prepared statement and commit per trade, the same rows, 16 clients',
        value: median(references),
      },
    ),
    {
      what: 'CPU of our process per trade, saturated',
      value: median(plain.map(({ cpuSeconds, trades }) => (cpuSeconds * US_PER_SECOND) / trades)),
      unit: 'us',
    },
    rateFigure(
      {
        what: 'durable trades, saturated, one in a hundred sent before',
        value: rateOf(repeating),
        unit: 'trades/s',
        target: '>= 0.6 of the rate without, aim 0.9',
      },
      { what: 'the rate without', value: tradesPerSecond },
    ),
  ];
  return { figures, tradesPerSecond };
}

async function atHalfTheRate(ours: Child, tradesPerSecond: number): Promise<readonly Figure[]> {
  const loading = { forMs: STEADY_MS, tradesPerSecond, withDuplicates: false };
  const { p50Ms, p99Ms, trades, seconds } = await load(ours, 'HOT', loading);
  const at = `at ${Math.round(trades / seconds).toLocaleString('en-US')} trades/s`;
  return [
    { what: `due to durable, p50, ${at}`, value: p50Ms, unit: 'ms' },
    {
      what: `due to durable, p99, ${at}`,
      value: p99Ms,
      unit: 'ms',
      target: '< 20 ms at half the saturated rate, aim < 10',
    },
  ];
}

async function lateBesideCurrent(ours: Child): Promise<readonly Figure[]> {
  const question: HotQuestion = { ask: 'compare', stream: 'LATE', forMs: COMPARE_MS };
  const { currentMs, lateMs } = (await ours.ask(question)) as Compared;
  return [
    { what: 'a current trade alone, p50', value: currentMs, unit: 'ms' },
    {
      what: 'what a late trade takes longer, p50',
      value: lateMs - currentMs,
      unit: 'ms',
      target: '< 5 ms, aim < 1',
    },
  ];
}

async function load(ours: Child, stream: string, loading: Loading): Promise<Loaded> {
  const question: HotQuestion = { ask: 'load', stream, ...loading };
  return (await ours.ask(question)) as Loaded;
}

async function referenceRate(bare: Child, stream: string): Promise<number> {
  const question: ReferenceQuestion = {
    stream,
    forMs: FLOOD_MS,
    tradesPerClient: REFERENCE_TRADES_PER_CLIENT,
  };
  return (await bare.ask(question)) as number;
}
