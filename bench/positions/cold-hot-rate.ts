/** What the hot path keeps of its rate while positions are recalculated without pause. */

import { decimal } from '#kernel/decimal';
import { type Figure, median, rateFigure } from '../report.ts';
import { type ColdWorld, coldTrade, dayOf, historyOf } from './cold-world.ts';

const ROUNDS = 3;
const ROUND_MS = 4_000;
const WARM_UP_MS = 1_000;
const CLIENTS = 16;
const HOT_POSITIONS = 400;
const TRADES_PER_REQUEST = 20;
/** Of each position that is recalculated; there are as many of them as threads. */
const COLD_EVENTS = 10_000;
const COLD_ACCOUNTS = ['COLD-A', 'COLD-B'] as const;
const MS_PER_SECOND = 1_000;

export async function measureHotRate(world: ColdWorld): Promise<readonly Figure[]> {
  for (const account of COLD_ACCOUNTS) await world.record(historyOf(account, COLD_EVENTS));
  await hotRate(world, WARM_UP_MS);
  const alone: number[] = [];
  const beside: number[] = [];
  let corrected = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await hotRate(world, ROUND_MS));
    const busy = keepColdPathBusy(world, round);
    beside.push(await hotRate(world, ROUND_MS));
    corrected += await busy.end();
  }
  return [
    rateFigure(
      {
        what: 'hot path while two positions of 10,000 events are recalculated without pause',
        value: median(beside),
        unit: 'trades/s',
        target: '>= 0.8 of the rate alone, aim 0.95',
      },
      { what: 'the hot path alone', value: median(alone) },
    ),
    {
      what: 'corrections made meanwhile',
      value: (corrected * MS_PER_SECOND) / (ROUNDS * ROUND_MS),
      unit: 'corrections/s',
    },
  ];
}

let hotTrades = 0;

/** Trades a second that became durable, sent by clients that wait for their answer. */
async function hotRate(world: ColdWorld, durationMs: number): Promise<number> {
  const startedAtMs = performance.now();
  let made = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startedAtMs < durationMs) {
      const trades = Array.from({ length: TRADES_PER_REQUEST }, () => {
        hotTrades += 1;
        return coldTrade(`HOT-${hotTrades % HOT_POSITIONS}`, `H${hotTrades}`, {
          side: Math.floor(hotTrades / HOT_POSITIONS) % 2 === 0 ? 'BUY' : 'SELL',
          quantity: decimal('100'),
          price: decimal('101.5'),
          effectiveDate: dayOf(COLD_EVENTS),
        });
      });
      await world.record(trades);
      made += trades.length;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return (made * MS_PER_SECOND) / (performance.now() - startedAtMs);
}

/** Each correction is answered with the next late trade. */
function keepColdPathBusy(world: ColdWorld, round: number) {
  const ending = new AbortController();
  const work = COLD_ACCOUNTS.map(async (accountId) => {
    const corrections = await world.corrections(accountId);
    let made = 0;
    while (!ending.signal.aborted) {
      const trade = coldTrade(accountId, `B${round}-${made}`, {
        side: made % 2 === 0 ? 'BUY' : 'SELL',
        quantity: decimal('7'),
        price: decimal('111.11'),
        effectiveDate: dayOf(COLD_EVENTS / 10),
      });
      await Promise.all([corrections.next(), world.record([trade])]);
      made += 1;
    }
    await corrections.end();
    return made;
  });
  return {
    async end(): Promise<number> {
      ending.abort();
      return (await Promise.all(work)).reduce((sum, each) => sum + each, 0);
    },
  };
}
