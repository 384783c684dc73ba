/** A backtest as it is run: which names, over which prices, by which rules. */

import { addDays, type BusinessDate } from '#kernel/business-date';
import { formatDecimal, ONE, toNumber } from '#kernel/decimal';
import type { Weight } from '#kernel/money';
import type { BacktestParams } from './backtest-params.ts';
import type { BasketVersion } from './basket.ts';
import { followsMarket } from './weighing.ts';
import { tilt } from './weighting-schemes.ts';

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
  readonly names: readonly BacktestName[];
  /** Null when the weights are the same all the time. */
  readonly scheme: BacktestScheme | null;
}

export interface BacktestName {
  readonly symbol: string;
  readonly weight: Weight;
  /** What a close is multiplied with for its size: shares that count, 1 for PRICE. */
  readonly shares: number;
}

/** A scheme that follows the market. */
export interface BacktestScheme {
  readonly maxWeight: Weight | null;
  /** Null but for INVERSE_VOLATILITY. */
  readonly volatilityWindow: number | null;
  /** Day that the shares are of; null when none are. */
  readonly sharesOf: BusinessDate | null;
}

/** The names of a version and its scheme, as a backtest follows them. */
export function followed(
  { weighting, weighing }: Pick<BasketVersion, 'weighting' | 'weighing'>,
  names: readonly { readonly symbol: string; readonly weight: Weight }[],
): Pick<BacktestJob, 'names' | 'scheme'> {
  const known = new Map(weighing?.names.map((each) => [each.symbol, each]));
  const shares = (symbol: string): number => {
    const { sharesNow = null, freeFloat = null, factorScore = null } = known.get(symbol) ?? {};
    const floating = toNumber(sharesNow ?? ONE) * toNumber(freeFloat ?? ONE);
    return floating * (factorScore === null ? 1 : toNumber(tilt(factorScore)) / Number(ONE));
  };
  const all = names.map((each) => ({ ...each, shares: shares(each.symbol) }));
  if (weighing === null || !followsMarket(weighting)) return { names: all, scheme: null };
  const { maxWeight, volatilityWindow, asOf } = weighing;
  const hasShares = weighing.names.some(({ sharesNow }) => sharesNow !== null);
  return { names: all, scheme: { maxWeight, volatilityWindow, sharesOf: hasShares ? asOf : null } };
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

/** Calendar days that surely hold so many sessions: 252 a year, and a holiday season. */
function leadDays(window: number): number {
  return Math.ceil((window * 366) / 240) + 14;
}

export function priceRequestOf({ names, currency, params, scheme }: BacktestJob): PriceRequest {
  const window = scheme?.volatilityWindow ?? null;
  return {
    symbols: names.map(({ symbol }) => symbol),
    benchmarkSymbol: params.benchmarkSymbol,
    currency,
    from: window === null ? params.from : addDays(params.from, -leadDays(window)),
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
