/** Drawdowns: how far a level lies below the highest one before it, the first level included. */

import { cagr } from './return-metrics.ts';
import { levelsOf } from './return-series.ts';
import { defined, isNoise, mapStatistic, type Statistic, undefinedBecause } from './statistic.ts';

/** One fall from a peak to the return to it. Positions count from the first level, 0. */
export interface Drawdown {
  /** Lowest level over the peak, minus 1: negative. */
  readonly depth: number;
  /** The last position at the height from which it fell. */
  readonly peak: number;
  readonly trough: number;
  /** The first position at or above the peak again; undefined while it is still open. */
  readonly recovery: number | undefined;
}

/** level[t] / max(level[0..t]) - 1 for every level: 0 at a peak, negative below. */
export function drawdowns(levels: Float64Array): Float64Array {
  const depths = new Float64Array(levels.length);
  let peak = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] ?? Number.NaN;
    if (level > peak) peak = level;
    depths[i] = level / peak - 1;
  }
  return depths;
}

/** The deepest drawdown of the levels that the returns lead to: negative, or 0 without any. */
export function maxDrawdown(returns: Float64Array): Statistic {
  if (returns.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  let deepest = 0;
  for (const depth of drawdowns(levelsOf(returns))) if (depth < deepest) deepest = depth;
  return defined(deepest);
}

/** The `limit` deepest drawdowns, deepest first; of equal ones the earlier first. */
export function drawdownTable(levels: Float64Array, limit: number): readonly Drawdown[] {
  return allDrawdowns(levels)
    .sort((a, b) => a.depth - b.depth || a.peak - b.peak)
    .slice(0, limit);
}

function allDrawdowns(levels: Float64Array): Drawdown[] {
  const found: Drawdown[] = [];
  const depths = drawdowns(levels);
  let peak = 0;
  let trough = 0;
  const close = (recovery: number | undefined): void => {
    const depth = depths[trough] ?? 0;
    if (trough > peak && !isNoise(depth)) found.push({ depth, peak, trough, recovery });
  };
  depths.forEach((depth, position) => {
    if (depth < 0) {
      if (trough <= peak || depth < (depths[trough] ?? 0)) trough = position;
      return;
    }
    close(position);
    peak = position;
    trough = position;
  });
  close(undefined);
  return found;
}

/** Root of the mean of the squared drawdowns over the n returns; zero without a drawdown. */
export function ulcerIndex(returns: Float64Array): Statistic {
  if (returns.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  let sum = 0;
  for (const depth of drawdowns(levelsOf(returns))) sum += depth * depth;
  return defined(Math.sqrt(sum / returns.length));
}

/** CAGR over the size of the deepest drawdown. Undefined without a drawdown. */
export function calmar(returns: Float64Array, periodsPerYear: number): Statistic {
  return overRisk(cagr(returns, periodsPerYear), maxDrawdown(returns));
}

/** CAGR less the compounded risk-free rate of a year, over the Ulcer index. */
export function martin(
  returns: Float64Array,
  { riskFree, periodsPerYear }: { readonly riskFree: number; readonly periodsPerYear: number },
): Statistic {
  const annualRate = (1 + riskFree) ** periodsPerYear - 1;
  const excess = mapStatistic(cagr(returns, periodsPerYear), (growth) => growth - annualRate);
  return overRisk(excess, ulcerIndex(returns));
}

function overRisk(gain: Statistic, risk: Statistic): Statistic {
  if (gain.value === null || risk.value === null) return gain.value === null ? gain : risk;
  if (isNoise(risk.value)) return undefinedBecause('NO_DRAWDOWN');
  return defined(gain.value / Math.abs(risk.value));
}
