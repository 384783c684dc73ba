/** Feeds ticks to market data, as fast as it takes them or at a steady rate, and takes the time. */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { LiveDeps } from '../../subgraphs/market-data/graphql/context.ts';
import { createMarket, SYMBOLS } from './market.ts';

export type Live = LiveDeps['live'];

export interface Feeding {
  readonly forMs: number;
  /** Null for as fast as they are taken. */
  readonly ticksPerSecond: number | null;
  readonly subscribers: number;
}

export interface Fed {
  readonly ticks: number;
  /** From the first tick to the last commit and delivery. */
  readonly seconds: number;
  readonly deliveries: number;
  readonly cpuSeconds: number;
  readonly deliveredMs: Quantiles;
  readonly committedMs: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export const SYMBOLS_PER_SUBSCRIBER = 10;
const TICKS_PER_BATCH = 500;
/** Half of what may wait to be judged; the store is always given full batches. */
const BATCHES_IN_FLIGHT = 20;
const STEP_MS = 5;
const DELIVERY_LIMIT_MS = 5_000;
const US_PER_MS = 1_000;
const MS_PER_SECOND = 1_000;

/** One market for all feedings: its sequences and prices go on. */
export function createFeeding(live: Live) {
  const market = createMarket();

  return async (wish: Feeding): Promise<Fed> => {
    const delivered = createHistogram();
    const committed = createHistogram();
    const sentAtMs = new Map<string, number[]>(SYMBOLS.map((symbol) => [symbol, []]));
    const audience = subscribeAll(live, wish.subscribers, { sentAtMs, delivered });
    const cpuBefore = process.cpuUsage();
    const startedAtMs = performance.now();

    const send = async (count: number): Promise<void> => {
      const batchAtMs = performance.now();
      const ticks = market.take(count);
      for (const { symbol } of ticks) sentAtMs.get(symbol)?.push(batchAtMs);
      const { accepted } = await live.ingest(ticks);
      if (accepted !== count) throw new Error(`${count - accepted} ticks were not accepted`);
      record(committed, batchAtMs);
    };
    const ticks =
      wish.ticksPerSecond === null
        ? await flood(send, wish.forMs)
        : await drip(send, { ...wish, ticksPerSecond: wish.ticksPerSecond });
    const expected = (ticks * wish.subscribers * SYMBOLS_PER_SUBSCRIBER) / SYMBOLS.length;
    await audience.heard(expected);
    const seconds = (performance.now() - startedAtMs) / MS_PER_SECOND;
    const { user, system } = process.cpuUsage(cpuBefore);
    await audience.leave();
    return {
      ticks,
      seconds,
      deliveries: audience.deliveries(),
      cpuSeconds: (user + system) / US_PER_MS / MS_PER_SECOND,
      deliveredMs: quantilesOf(delivered),
      committedMs: quantilesOf(committed),
    };
  };
}

type Send = (count: number) => Promise<void>;

/** Answers with how many ticks were sent, once all are committed. */
async function flood(send: Send, forMs: number): Promise<number> {
  const startedAtMs = performance.now();
  let ticks = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - startedAtMs < forMs) {
      ticks += TICKS_PER_BATCH;
      await send(TICKS_PER_BATCH);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, lane));
  return ticks;
}

/** Sends what is due, whether the ticks before were taken or not. */
async function drip(
  send: Send,
  { forMs, ticksPerSecond }: { readonly forMs: number; readonly ticksPerSecond: number },
): Promise<number> {
  const startedAtMs = performance.now();
  const sending: Promise<void>[] = [];
  let ticks = 0;
  for (;;) {
    const elapsedMs = Math.min(forMs, performance.now() - startedAtMs);
    const due = Math.floor((elapsedMs * ticksPerSecond) / MS_PER_SECOND / SYMBOLS.length);
    const count = due * SYMBOLS.length - ticks;
    for (let left = count; left > 0; left -= TICKS_PER_BATCH) {
      sending.push(send(Math.min(left, TICKS_PER_BATCH)));
    }
    ticks += count;
    if (elapsedMs >= forMs) break;
    await pause(STEP_MS);
  }
  await Promise.all(sending);
  return ticks;
}

interface Clocks {
  readonly sentAtMs: ReadonlyMap<string, readonly number[]>;
  readonly delivered: RecordableHistogram;
}

/** Each subscribes to its own ten symbols, so that ten hear each tick. */
function subscribeAll(live: Live, count: number, { sentAtMs, delivered }: Clocks) {
  let deliveries = 0;
  const streams = Array.from({ length: count }, (_, subscriber) =>
    live.priceTicks(
      Array.from({ length: SYMBOLS_PER_SUBSCRIBER }, (_each, index) => {
        return SYMBOLS[(subscriber + index * SYMBOLS_PER_SUBSCRIBER) % SYMBOLS.length] ?? '';
      }),
    ),
  );
  const listening = streams.map(async (stream) => {
    const heard = new Map<string, number>();
    for await (const { symbol } of stream) {
      const before = heard.get(symbol) ?? 0;
      heard.set(symbol, before + 1);
      deliveries += 1;
      const atMs = sentAtMs.get(symbol)?.[before];
      if (atMs !== undefined) record(delivered, atMs);
    }
  });
  return {
    deliveries: () => deliveries,
    async heard(expected: number): Promise<void> {
      const untilMs = performance.now() + DELIVERY_LIMIT_MS;
      const isComplete = () => deliveries >= expected;
      while (!isComplete()) {
        if (performance.now() > untilMs) throw new Error(`${deliveries} of ${expected} were heard`);
        await pause(1);
      }
    },
    async leave(): Promise<void> {
      for (const stream of streams) await stream.return?.();
      await Promise.all(listening);
    },
  };
}

function record(histogram: RecordableHistogram, sinceMs: number): void {
  histogram.record(Math.max(1, Math.round((performance.now() - sinceMs) * US_PER_MS)));
}

export function quantilesOf(histogram: RecordableHistogram): Quantiles {
  return {
    p50: histogram.percentile(50) / US_PER_MS,
    p99: histogram.percentile(99) / US_PER_MS,
  };
}
