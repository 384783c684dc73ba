/** Everything that runs backtests in this process: threads, prices in memory, the runner. */

import type { Registry } from 'prom-client';
import type { Logger } from '#platform/logger';
import type { EventLog } from '#platform/ports';
import { createWorkerPool } from '#platform/worker-pool';
import type { BacktestRepository } from '../store/backtests.ts';
import type { PriceHistoryReader } from '../store/price-history.ts';
import type { LoadedPrices } from '../use-cases/load-prices.ts';
import type { Computed } from '../use-cases/run-backtest.ts';
import type { SystemDeps } from '../use-cases/submit-command.ts';
import type { BacktestHub } from './backtest-hub.ts';
import {
  BACKTEST_THREADS,
  MAX_BACKTEST_TASKS_WAITING,
  MAX_CACHED_PRICE_BYTES,
  MAX_THREAD_MEMORY_MIB,
} from './backtest-limits.ts';
import { watchBacktests } from './backtest-metrics.ts';
import { type BacktestRunner, startBacktestRunner } from './backtest-runner.ts';
import type { ThreadResult, ThreadTask } from './backtest-thread.ts';
import { type PriceWatch, startPriceWatch } from './backtest-price-watch.ts';
import { createPriceCache } from './price-cache.ts';

export interface BacktestsDeps extends SystemDeps {
  readonly backtests: BacktestRepository;
  readonly history: Pick<PriceHistoryReader, 'state'>;
  readonly backtestHub: BacktestHub;
  /** The threads open connections of their own. */
  readonly databaseUrl: string;
  readonly eventLog: EventLog;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface Backtests {
  start(): void;
  /** Gives back what is in hand. */
  stop(): Promise<void>;
}

export function createBacktests(deps: BacktestsDeps): Backtests {
  const { databaseUrl, logger } = deps;
  const threads = createWorkerPool<ThreadTask, ThreadResult>({
    name: 'backtests',
    file: new URL('./backtest-thread.ts', import.meta.url),
    maxThreads: BACKTEST_THREADS,
    maxWaiting: MAX_BACKTEST_TASKS_WAITING,
    maxMemoryMib: MAX_THREAD_MEMORY_MIB,
    data: { databaseUrl },
    logger,
  });
  const prices = createPriceCache({
    maxBytes: MAX_CACHED_PRICE_BYTES,
    load: async (request) => (await threads.run({ kind: 'LOAD', request })) as LoadedPrices,
  });
  let runner: BacktestRunner | undefined;
  let watch: PriceWatch | undefined;
  watchBacktests(deps.metrics, {
    running: () => runner?.running ?? 0,
    cachedBytes: () => prices.bytes,
  });

  return {
    start() {
      runner = startBacktestRunner({
        ...deps,
        prices,
        compute: async (calculation, progress, killing) =>
          (await threads.run({ kind: 'COMPUTE', calculation, progress }, killing)) as Computed,
      });
      watch = startPriceWatch({ ...deps, prices });
    },
    async stop() {
      await watch?.stop();
      await runner?.stop();
      await threads.close();
    },
  };
}
