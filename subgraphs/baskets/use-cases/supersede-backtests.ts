/** Marks results whose prices were added to or corrected since: they stay, but as superseded. */

import { priceRequestOf } from '../domain/backtest-job.ts';
import type { BacktestRepository, SuspectResult } from '../store/backtests.ts';
import type { PriceHistoryReader } from '../store/price-history.ts';
import type { PriceSource } from './run-backtest.ts';

export interface SupersedeBacktestsDeps {
  readonly backtests: Pick<BacktestRepository, 'changeState' | 'suspects' | 'supersede'>;
  readonly history: Pick<PriceHistoryReader, 'state'>;
  readonly prices: PriceSource;
}

/** What the rounds before have found, so that the next one looks only at what is new. */
export interface Looked {
  /** By inputs hash, the changes of bars under which a suspect was found to stand. */
  readonly standing: Map<string, string>;
  /** Empty at first. */
  lastState: string;
}

/** Different results looked at in one round, the newest first. */
export const MAX_SUSPECTS = 200;

/** Answers with the backtests that were marked. */
export async function supersedeBacktests(
  deps: SupersedeBacktestsDeps,
  looked: Looked,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { backtests } = deps;
  const { bars, results } = await backtests.changeState();
  const state = `${bars}, ${results} results`;
  if (state === looked.lastState) return [];
  const suspects = await backtests.suspects(MAX_SUSPECTS);
  const hashes = new Set(suspects.map(({ inputsHash }) => inputsHash));
  for (const hash of looked.standing.keys()) if (!hashes.has(hash)) looked.standing.delete(hash);
  const marked: string[] = [];
  for (const suspect of suspects) {
    signal.throwIfAborted();
    if (looked.standing.get(suspect.inputsHash) === bars) continue;
    if (await stands(deps, suspect, signal)) looked.standing.set(suspect.inputsHash, bars);
    else marked.push(...(await supersede(deps, suspect)));
  }
  looked.lastState = state;
  return marked;
}

async function stands(
  { history, prices }: SupersedeBacktestsDeps,
  { job, snapshot }: SuspectResult,
  signal: AbortSignal,
): Promise<boolean> {
  const request = priceRequestOf(job);
  const loaded = await prices.load(request, await history.state(request), signal);
  return loaded.ok && loaded.snapshot === snapshot;
}

function supersede({ backtests }: SupersedeBacktestsDeps, suspect: SuspectResult) {
  const { symbols, from, to } = suspect.changed;
  const because = `prices of ${symbols.join(', ')} changed between ${from} and ${to}`;
  return backtests.supersede(suspect.inputsHash, because);
}
