/** A backtest as it is run: which names, over which prices, by which rules. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import type { Weight } from '#kernel/money';
import type { BacktestParams } from './backtest-params.ts';

export const BACKTEST_STATUSES = [
  'QUEUED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'SUPERSEDED',
] as const;
export type BacktestStatus = (typeof BACKTEST_STATUSES)[number];

export interface BacktestJob {
  readonly backtestId: string;
  readonly code: string;
  readonly versionHash: string;
  /** Of the basket: what prices are converted to. */
  readonly currency: string;
  readonly params: BacktestParams;
  /** In order of symbol, so that equal content is computed in equal order. */
  readonly names: readonly { readonly symbol: string; readonly weight: Weight }[];
}

/** The prices a backtest needs; equal requests share them. */
export interface PriceRequest {
  /** Of the names, in order. */
  readonly symbols: readonly string[];
  readonly benchmarkSymbol: string | null;
  readonly currency: string;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly withOpens: boolean;
}

export function priceRequestOf({ names, currency, params }: BacktestJob): PriceRequest {
  return {
    symbols: names.map(({ symbol }) => symbol),
    benchmarkSymbol: params.benchmarkSymbol,
    currency,
    from: params.from,
    to: params.to,
    withOpens: params.execution === 'NEXT_OPEN',
  };
}

/** One more whenever the same inputs lead to another result: a better kernel, another report. */
const ENGINE_VERSION = 1;

/**
 * Everything a result depends on, as text: equal for equal inputs. `snapshot` is the hash of the
 * prices themselves, so it is a new one as soon as a price in the window is added or corrected.
 */
export function canonicalInputs({ versionHash, params }: BacktestJob, snapshot: string): string {
  return JSON.stringify([
    ENGINE_VERSION,
    versionHash,
    params.from,
    params.to,
    params.rebalance,
    params.execution,
    params.missingPrices,
    formatDecimal(params.costBps),
    params.benchmarkSymbol,
    params.maxCarriedSessions,
    formatDecimal(params.leastStartWeight),
    snapshot,
  ]);
}
