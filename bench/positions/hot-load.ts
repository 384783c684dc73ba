/** Sends trades to the record path: as fast as it takes them, at a rate, or one after the other. */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Recording } from '../../subgraphs/positions/main.ts';
import type { SentTrade } from '../../subgraphs/positions/use-cases/record-trades.ts';
import type { TradeStream } from './hot-trades.ts';

export interface Loading {
  readonly forMs: number;
  /** Null: as fast as they are taken. */
  readonly tradesPerSecond: number | null;
  /** One trade in a hundred was sent before. */
  readonly withDuplicates: boolean;
}

export interface Loaded {
  readonly trades: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** From when the trade was due to its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Requests of one trade each that wait for their answers. */
const REQUESTS_IN_FLIGHT = 512;
const STEP_MS = 2;
const ONE_IN = 100;
const US_PER_MS = 1_000;
const MS_PER_SECOND = 1_000;

export async function load(
  recording: Recording,
  stream: TradeStream,
  { forMs, tradesPerSecond, withDuplicates }: Loading,
): Promise<Loaded> {
  const waited = createHistogram();
  let sent = 0;
  const send = async (dueAtMs: number): Promise<void> => {
    sent += 1;
    const trade = withDuplicates && sent % ONE_IN === 0 ? stream.repeated() : stream.next();
    await record(recording, trade);
    note(waited, performance.now() - dueAtMs);
  };
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  if (tradesPerSecond === null) await flood(send, forMs);
  else await drip(send, { forMs, tradesPerSecond });
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    trades: sent,
    seconds: (performance.now() - startedAtMs) / MS_PER_SECOND,
    cpuSeconds: (user + system) / US_PER_MS / MS_PER_SECOND,
    p50Ms: waited.percentile(50) / US_PER_MS,
    p99Ms: waited.percentile(99) / US_PER_MS,
    maxMs: waited.max / US_PER_MS,
  };
}

export interface Compared {
  readonly currentMs: number;
  readonly lateMs: number;
}

/** Medians of trades sent alone, current and late ones in turns. */
export async function compareLate(
  recording: Recording,
  stream: TradeStream,
  { forMs }: { readonly forMs: number },
): Promise<Compared> {
  const current = createHistogram();
  const late = createHistogram();
  const startedAtMs = performance.now();
  const takes = async (trade: SentTrade, histogram: RecordableHistogram): Promise<void> => {
    const sentAtMs = performance.now();
    await record(recording, trade);
    note(histogram, performance.now() - sentAtMs);
  };
  while (performance.now() - startedAtMs < forMs) {
    await takes(stream.next(), current);
    await takes(stream.late(), late);
  }
  return {
    currentMs: current.percentile(50) / US_PER_MS,
    lateMs: late.percentile(50) / US_PER_MS,
  };
}

async function flood(send: (dueAtMs: number) => Promise<void>, forMs: number): Promise<void> {
  const startedAtMs = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - startedAtMs < forMs) await send(performance.now());
  };
  await Promise.all(Array.from({ length: REQUESTS_IN_FLIGHT }, lane));
}

/** Sends what is due, whether the trades before were answered or not. */
async function drip(
  send: (dueAtMs: number) => Promise<void>,
  { forMs, tradesPerSecond }: { readonly forMs: number; readonly tradesPerSecond: number },
): Promise<void> {
  const startedAtMs = performance.now();
  const intervalMs = MS_PER_SECOND / tradesPerSecond;
  const sending = new Set<Promise<void>>();
  let dueAtMs = startedAtMs;
  while (dueAtMs < startedAtMs + forMs) {
    while (dueAtMs <= performance.now()) {
      const work: Promise<void> = send(dueAtMs).finally(() => sending.delete(work));
      sending.add(work);
      dueAtMs += intervalMs;
    }
    await pause(STEP_MS);
  }
  await Promise.all(sending);
}

async function record(recording: Recording, trade: SentTrade): Promise<void> {
  const [outcome] = await recording.recordTrades([trade]);
  if (outcome?.type !== 'RECORDED') throw new Error(JSON.stringify(outcome));
}

function note(histogram: RecordableHistogram, elapsedMs: number): void {
  histogram.record(Math.max(1, Math.round(elapsedMs * US_PER_MS)));
}
