/**
 * What lots cost: trades a second on positions of 10, of 1,000 and of nearly 10,000 open lots,
 * which is
 * the limit. Every trade opens a lot or closes one, so the number of lots stays.
 */

import postgres from 'postgres';
import { type Child, startChild } from '../child.ts';
import { withFreshDatabase } from '../fresh-database.ts';
import type { Loaded } from '../positions/hot-load.ts';
import type { LotsQuestion } from '../positions/lots-process.ts';
import { type Figure, median, rateFigure } from '../report.ts';

const FEW = 10;
const COUNTS = [FEW, 1_000, 9_990] as const;
const ROUNDS = 3;
const WARM_UP_MS = 2_000;
const FLOOD_MS = 3_000;

export function run(): Promise<readonly Figure[]> {
  return withFreshDatabase(async (url) => {
    const sql = postgres(url, { max: 1 });
    await sql`
      insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
      values ('ins_AAPL', 'AAPL', 'Apple', 'EQUITY', 'USD')`;
    await sql.end();
    const child = await startChild(new URL('../positions/lots-process.ts', import.meta.url), [url]);
    try {
      return await measure(child);
    } finally {
      await child.stop();
    }
  });
}

async function measure(child: Child): Promise<readonly Figure[]> {
  const rates = new Map<number, number[]>(COUNTS.map((lots) => [lots, []]));
  for (const lots of COUNTS) {
    await ask(child, { ask: 'open', stream: streamOf(lots), lots });
    await ask(child, { ask: 'load', stream: streamOf(lots), forMs: WARM_UP_MS });
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const lots of COUNTS) {
      const question: LotsQuestion = { ask: 'load', stream: streamOf(lots), forMs: FLOOD_MS };
      const { trades, seconds } = (await ask(child, question)) as Loaded;
      rates.get(lots)?.push(trades / seconds);
    }
  }
  const rateWith = (lots: number): number => median(rates.get(lots) ?? []);
  const few = { what: `with ${FEW} lots each`, value: rateWith(FEW) };
  return COUNTS.map((lots): Figure => {
    const what = `durable trades on positions with ${lots.toLocaleString('en-US')} lots each`;
    const figure = { what, value: rateWith(lots), unit: 'trades/s' };
    if (lots === FEW) return figure;
    return rateFigure({ ...figure, target: '>= 0.5 of the rate with 10 lots, aim 0.8' }, few);
  });
}

const streamOf = (lots: number): string => `LOTS-${lots}`;

function ask(child: Child, question: LotsQuestion): Promise<unknown> {
  return child.ask(question);
}
