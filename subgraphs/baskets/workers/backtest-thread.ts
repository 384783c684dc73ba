/** Runs on the threads of the backtests: reads prices by a pool of its own, and computes. */

import { createHash } from 'node:crypto';
import { payload, text } from '#kernel/topics/reading';
import { openPool } from '#platform/postgres';
import { onThread, threadData } from '#platform/worker-thread';
import type { PriceRequest } from '../domain/backtest-job.ts';
import { createPriceHistoryReader } from '../store/price-history.ts';
import { progressOf, type SharedProgress } from '../use-cases/backtest-progress.ts';
import { calculateBacktest, type Calculation } from '../use-cases/calculate-backtest.ts';
import { type LoadedPrices, loadPrices } from '../use-cases/load-prices.ts';
import type { Computed } from '../use-cases/run-backtest.ts';
import { CONNECTIONS_PER_THREAD, LOAD_TIMEOUT_MS } from './backtest-limits.ts';

export type ThreadTask =
  | { readonly kind: 'LOAD'; readonly request: PriceRequest }
  | {
      readonly kind: 'COMPUTE';
      readonly calculation: Calculation;
      readonly progress: SharedProgress;
    };

export type ThreadResult = LoadedPrices | Computed;

const history = createPriceHistoryReader(
  openPool({
    url: text(payload(threadData()), 'databaseUrl'),
    maxConnections: CONNECTIONS_PER_THREAD,
    applicationName: 'plumbline-backtests',
    statementTimeoutMs: LOAD_TIMEOUT_MS,
  }),
);

export const handle = onThread(async (task: ThreadTask): Promise<ThreadResult> => {
  switch (task.kind) {
    case 'LOAD':
      return loadPrices({ history, hash }, task.request);
    case 'COMPUTE':
      return compute(task.calculation, task.progress);
  }
});

function compute(calculation: Calculation, progress: SharedProgress): Computed {
  const outcome = calculateBacktest(calculation, progressOf(progress));
  if (!outcome.ok) return outcome;
  const { buffer, byteOffset, byteLength } = outcome.weights;
  return {
    ok: true,
    report: new TextEncoder().encode(JSON.stringify(outcome.document)),
    weights: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

function hash(parts: readonly (string | NodeJS.ArrayBufferView)[]): string {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
}
