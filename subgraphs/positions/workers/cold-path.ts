/**
 * The cold path of positions: corrects what came late, beside the live flow. It has threads and
 * connections of its own; all it asks of the hot path is to write one event per correction. While
 * it is down the topic keeps everything, and positions stay provisional.
 */

import type { Registry } from 'prom-client';
import { pause } from '#platform/backoff';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { Consumer, EventLog } from '#platform/ports';
import { createWorkerPool, type WorkerPool } from '#platform/worker-pool';
import type { ContractTerms } from '../domain/contract-terms.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { WaitingPositions } from '../store/waiting-positions.ts';
import type { CalculationTask } from '../use-cases/calculate-correction.ts';
import type { PartitionWriters } from '../use-cases/partition-writers.ts';
import {
  type Calculation,
  recalculatePosition,
  type RecalculatePositionDeps,
} from '../use-cases/recalculate-position.ts';
import { type LateEvent, RecalculationQueue } from '../use-cases/recalculation-queue.ts';
import type { Recalculations } from '../use-cases/retry-corrections.ts';
import { writeCorrection } from '../use-cases/write-correction.ts';
import { createYield } from '../use-cases/yield-to-hot-path.ts';
import { startBackdatedTradesConsumer } from './backdated-trades-consumer.ts';
import { type ColdPathMetrics, createColdPathMetrics, watchColdPath } from './cold-path-metrics.ts';
import { startColdPathWatch } from './cold-path-watch.ts';
import { startContractTermsConsumer } from './contract-terms-consumer.ts';
import {
  MAX_CALCULATIONS_WAITING,
  MAX_THREAD_MEMORY_MIB,
  RECALCULATION_THREADS,
} from './recalculation-limits.ts';

const MS_PER_SECOND = 1_000;

export interface ColdPathDeps {
  readonly eventLog: EventLog;
  /** The threads open connections of their own. */
  readonly databaseUrl: string;
  readonly writers: Pick<PartitionWriters, 'submit' | 'inFlight'>;
  readonly contracts: {
    termsByIds(ids: readonly string[]): Promise<ReadonlyMap<string, ContractTerms>>;
    /** Terms are others now. */
    forget(): void;
  };
  readonly waiting: Pick<WaitingPositions, 'provisional' | 'refusedUnder'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface ColdPath {
  /** For who wants a position recalculated though nothing came late. */
  readonly recalculations: Recalculations;
  start(): Promise<void>;
  /** Lets the calculations in hand end; what waits is handed over again later. */
  stop(): Promise<void>;
}

export function createColdPath(deps: ColdPathDeps): ColdPath {
  const { eventLog, databaseUrl, waiting, logger } = deps;
  const metrics = createColdPathMetrics(deps.metrics);
  const threads = createWorkerPool<CalculationTask, Calculation>({
    name: 'recalculations',
    file: new URL('./recalculation-thread.ts', import.meta.url),
    maxThreads: RECALCULATION_THREADS,
    maxWaiting: MAX_CALCULATIONS_WAITING,
    maxMemoryMib: MAX_THREAD_MEMORY_MIB,
    data: { databaseUrl },
    logger,
  });
  const yielding = createYield(
    {
      tradesInFlight: () => deps.writers.inFlight(),
      oldestRecordedAtMs: () => queue.oldestRecordedAtMs,
      clock: deps.clock,
      monotonicMs: () => performance.now(),
      pause,
    },
    RECALCULATION_THREADS,
  );
  const queue: RecalculationQueue = new RecalculationQueue({
    maxRunning: yielding.places,
    rest: yielding.rest,
    clock: deps.clock,
    recalculate: (key, late, signal) =>
      observed(metrics, deps.clock, late, () =>
        recalculateOnThread({ ...deps, threads, metrics }, key, late, signal),
      ),
  });
  watchColdPath(deps.metrics, {
    waiting: () => queue.waiting,
    provisional: () => waiting.provisional(),
    logger,
  });
  const recalculations: Recalculations = { queue, clock: deps.clock };
  let consumers: readonly Consumer[] = [];
  let watch: { stop(): Promise<void> } | undefined;

  return {
    recalculations,

    async start() {
      const started = await startBackdatedTradesConsumer(eventLog, { queue });
      consumers = [started];
      const forgetTerms = () => deps.contracts.forget();
      const retries = { ...recalculations, waiting, forgetTerms };
      consumers = [started, await startContractTermsConsumer(eventLog, retries)];
      watch = startColdPathWatch({ waiting, lag: () => started.lag(), logger, pause });
    },

    async stop() {
      const stopping = Promise.all([watch?.stop(), ...consumers.map((each) => each.stop())]);
      queue.stop();
      await stopping;
      await threads.close();
    },
  };
}

interface OnThreadDeps extends Pick<ColdPathDeps, 'writers' | 'contracts' | 'clock' | 'logger'> {
  readonly threads: WorkerPool<CalculationTask, Calculation>;
  readonly metrics: ColdPathMetrics;
}

async function recalculateOnThread(
  { threads, writers, contracts, clock, logger, metrics }: OnThreadDeps,
  key: PositionKey,
  late: readonly LateEvent[],
  signal: AbortSignal,
) {
  const isLongOnly = await isLongOnlyOf(contracts, key);
  const [{ effectiveDate: earliest } = { effectiveDate: clock.today() }] = late;
  const deps: RecalculatePositionDeps = {
    calculations: {
      run: (asked, calculationSignal) =>
        threads.run({ key: asked, isLongOnly, earliest }, calculationSignal),
    },
    corrections: {
      write: (_key, correction, origin) =>
        writeCorrection({ writers }, { key, correction, isLongOnly, origin }),
    },
    clock,
    pause,
    logger,
    onRestart: metrics.onRestart,
  };
  return recalculatePosition(deps, key, late, signal);
}

async function isLongOnlyOf(
  contracts: ColdPathDeps['contracts'],
  { contractId }: PositionKey,
): Promise<boolean> {
  if (contractId === null) return false;
  return (await contracts.termsByIds([contractId])).get(contractId)?.isLongOnly ?? false;
}

/** Measures one recalculation, and how long the late events waited for it. */
async function observed(
  metrics: ColdPathMetrics,
  clock: Clock,
  late: readonly LateEvent[],
  work: () => ReturnType<typeof recalculatePosition>,
): Promise<void> {
  const startedAtMs = performance.now();
  const seconds = (): number => (performance.now() - startedAtMs) / MS_PER_SECOND;
  try {
    const outcome = await work();
    metrics.onCalculated(outcome, seconds());
    if (outcome !== 'CORRECTED') return;
    for (const { recordedAtMs } of late) {
      metrics.onDelay(Math.max(0, clock.nowMs() - recordedAtMs) / MS_PER_SECOND);
    }
  } catch (error) {
    metrics.onCalculated('FAILED', seconds());
    throw error;
  }
}
