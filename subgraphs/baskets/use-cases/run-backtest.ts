/**
 * Takes a backtest from the queue to its end: the result is there already under the hash of its
 * inputs, or it is computed and kept. Then the basket hears of it.
 */

import {
  type BacktestJob,
  canonicalInputs,
  type PriceRequest,
  priceRequestOf,
} from '../domain/backtest-job.ts';
import type { BacktestRepository, ClaimedBacktest, KeptResult } from '../store/backtests.ts';
import type { PriceHistoryReader } from '../store/price-history.ts';
import type { SharedProgress } from './backtest-progress.ts';
import type { Calculation } from './calculate-backtest.ts';
import type { LoadedPrices } from './load-prices.ts';
import { reportBacktestCompleted, reportBacktestErrored } from './report-backtest.ts';
import type { SystemDeps } from './submit-command.ts';

export type Computed =
  ({ readonly ok: true } & KeptResult) | { readonly ok: false; readonly message: string };

export interface RunBacktestDeps extends SystemDeps {
  readonly backtests: Pick<
    BacktestRepository,
    'hasResult' | 'keepResult' | 'noteInputs' | 'noteSnapshot' | 'snapshotOf' | 'abandon'
  >;
  readonly history: Pick<PriceHistoryReader, 'state'>;
  readonly prices: PriceSource;
  readonly compute: (
    calculation: Calculation,
    progress: SharedProgress,
    killing: AbortSignal,
  ) => Promise<Computed>;
}

export interface PriceSource {
  /** From memory when they are of this state of market data. */
  load(request: PriceRequest, state: string, signal: AbortSignal): Promise<LoadedPrices>;
}

export interface RunWatch {
  readonly progress: SharedProgress;
  /** Aborted as soon as nobody wants the result. */
  readonly signal: AbortSignal;
  /** Aborted when the thread has not stopped by itself after that. */
  readonly killing: AbortSignal;
  readonly onLoaded: () => void;
}

type Ending =
  | { readonly ok: true; readonly inputsHash: string; readonly snapshot: string }
  | { readonly ok: false; readonly message: string };

export async function runBacktest(
  deps: RunBacktestDeps,
  { job, inputsHash }: ClaimedBacktest,
  watch: RunWatch,
): Promise<void> {
  // Computed by a runner that died before the basket heard of it.
  if (inputsHash === null) {
    const ending = await resultOf(deps, job, watch);
    watch.signal.throwIfAborted();
    if (!ending.ok) return fail(deps, job, ending.message);
    await deps.backtests.noteInputs(job.backtestId, ending);
  }
  const { code, backtestId, versionHash } = job;
  const outcome = await reportBacktestCompleted(deps, { code, backtestId, versionHash });
  if (!outcome.ok) await deps.backtests.abandon(backtestId);
}

export async function fail(
  deps: RunBacktestDeps,
  { code, backtestId, versionHash }: BacktestJob,
  reason: string,
): Promise<void> {
  const outcome = await reportBacktestErrored(deps, { code, backtestId, versionHash, reason });
  if (!outcome.ok) await deps.backtests.abandon(backtestId);
}

async function resultOf(
  deps: RunBacktestDeps,
  job: BacktestJob,
  { progress, signal, killing, onLoaded }: RunWatch,
): Promise<Ending> {
  const { backtests, history, prices, compute, hash } = deps;
  const request = priceRequestOf(job);
  const state = await history.state(request);
  const known = await backtests.snapshotOf(hash(state));
  const hashOf = (snapshot: string) => hash(canonicalInputs(job, snapshot));
  if (known !== undefined && (await backtests.hasResult(hashOf(known)))) {
    return { ok: true, inputsHash: hashOf(known), snapshot: known };
  }
  const loaded = await prices.load(request, state, signal);
  if (!loaded.ok) return loaded;
  onLoaded();
  const { panel, unadjusted, snapshot } = loaded;
  const inputsHash = hashOf(snapshot);
  if (!(await backtests.hasResult(inputsHash))) {
    const computed = await compute({ job, panel, unadjusted }, progress, killing);
    signal.throwIfAborted();
    if (!computed.ok) return computed;
    await backtests.keepResult(inputsHash, computed);
  }
  await backtests.noteSnapshot(hash(loaded.state), snapshot);
  return { ok: true, inputsHash, snapshot };
}
