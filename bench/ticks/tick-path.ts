/** The way of a tick from a recording to the store and to subscribers, all of it, in one process. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { drizzle } from 'drizzle-orm/postgres-js';
import { Registry } from 'prom-client';
import type { Sql } from 'postgres';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import {
  nextStep,
  normalDraw,
  seededRandom,
} from '../../subgraphs/market-data/domain/random-walk.ts';
import { parseSymbol, unknownInstrument } from '../../subgraphs/market-data/domain/instrument.ts';
import { createInstrumentRepository } from '../../subgraphs/market-data/store/instruments.ts';
import { createTickInstrumentRepository } from '../../subgraphs/market-data/store/tick-instruments.ts';
import { createTickPastRepository } from '../../subgraphs/market-data/store/tick-past.ts';
import { createTickRepository } from '../../subgraphs/market-data/store/tick-repository.ts';
import type { FeedInstrument } from '../../subgraphs/market-data/workers/feed.ts';
import {
  createLiveMarketData,
  type LiveMarketData,
} from '../../subgraphs/market-data/workers/live-market-data.ts';

export const SYMBOLS: readonly string[] = Array.from(
  { length: 50 },
  (_each, index) => `C${`${index}`.padStart(2, '0')}USDT`,
);
const START_PRICE = decimal('100');
const RECORDED_FROM_MS = 1_723_161_254_000;

/** A recording of trades, all in the same seconds: it is read as fast as it can be. */
export function writeRecording(folder: string, ticks: number): string {
  const random = seededRandom(1);
  const prices = SYMBOLS.map(() => START_PRICE as bigint);
  const lines = ['recv_ns,symbol,trade_id,price,qty,trade_time_ms,buyer_is_maker'];
  for (let id = 1; id <= ticks; id++) {
    const place = id % SYMBOLS.length;
    const { price } = nextStep(prices[place] ?? START_PRICE, 1, normalDraw(random));
    prices[place] = price;
    const atMs = RECORDED_FROM_MS + Math.floor(id / 1_000);
    const symbol = SYMBOLS[place] ?? '';
    lines.push(`${atMs}000000,${symbol},${id},${formatDecimal(price)},1.5,${atMs},0`);
  }
  const file = join(folder, 'bench_trades.csv');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

export interface Subscribers {
  readonly count: number;
  /** Of the 50, each beginning at another place. */
  readonly symbolsEach: number;
}

export interface PathTaken {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly delivered: number;
  readonly stored: number;
  /** From judging to delivery, by subscriber's clock; sorted. */
  readonly latenciesMs: Float64Array;
}

const READS_AT_ONCE = 1e12;
const US_PER_SECOND = 1_000_000;

/** Resolves when every tick is stored and every subscriber has had its own. */
export async function tickPath(
  sql: Sql,
  { file, ticks, subscribers }: {
    readonly file: string;
    readonly ticks: number;
    readonly subscribers: Subscribers;
  },
): Promise<PathTaken> {
  const live = liveMarketData(sql, file);
  const share = subscribers.symbolsEach / SYMBOLS.length;
  const expected = Math.round(ticks * subscribers.count * share);
  const latencies = new Float64Array(expected);
  let delivered = 0;
  const before = await storedTicks(sql);
  const startedAtMs = performance.now();
  const cpuBefore = process.cpuUsage();

  const listening = Array.from({ length: subscribers.count }, async (_each, index) => {
    const symbols = Array.from(
      { length: subscribers.symbolsEach },
      (_symbol, place) => SYMBOLS[(index + place) % SYMBOLS.length] ?? '',
    );
    let left = Math.round(ticks * share);
    for await (const tick of live.priceTicks(symbols)) {
      latencies[delivered++] = Date.now() - tick.receivedAtMs;
      if (--left === 0) return;
    }
  });
  await live.start();
  await Promise.all(listening);
  await live.stop();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    seconds: (performance.now() - startedAtMs) / 1_000,
    cpuSeconds: (user + system) / US_PER_SECOND,
    delivered,
    stored: (await storedTicks(sql)) - before,
    latenciesMs: latencies.sort(),
  };
}

function liveMarketData(sql: Sql, file: string): LiveMarketData {
  const instruments = createInstrumentRepository(drizzle(sql));
  return createLiveMarketData({
    ticks: createTickRepository(sql),
    past: createTickPastRepository(sql),
    instruments: createTickInstrumentRepository(sql),
    addInstruments: (added) => instruments.addMissing(added.flatMap(instrumentOf)),
    broadcast: createInProcessBroadcast({ logger: silentLogger }),
    cache: createInProcessCache(),
    clock: systemClock,
    newId: randomUUID,
    logger: silentLogger,
    metrics: new Registry(),
    config: { feed: { kind: 'replay', files: [file], speed: READS_AT_ONCE } },
  });
}

function instrumentOf({ symbol, assetClass, currency }: FeedInstrument) {
  const known = parseSymbol(symbol);
  if (known === undefined) return [];
  return [unknownInstrument(known, { assetClass, currency: currencyCode(currency) })];
}

async function storedTicks(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from market_data.tick`;
  return row?.count ?? 0;
}
