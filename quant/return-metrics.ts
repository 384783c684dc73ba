/**
 * Statistics of one series of simple returns r, n of them, P periods a year (252 days, 52 weeks,
 * 12 months). Fractions, unrounded: 0.05 is 5 %. Sample deviation sigma divides by n - 1.
 *
 * Source: index and risk reference, section 6. Golden figures: return-metrics.test.ts.
 */

import {
  adjustedExcessKurtosis,
  adjustedSkewness,
  mean,
  populationExcessKurtosis,
  populationSkewness,
  sampleDeviation,
} from './moments.ts';
import { quantileLinear } from './quantile.ts';
import { growthOf } from './return-series.ts';
import { defined, isNoise, type Statistic, undefinedBecause } from './statistic.ts';

/** Product of all 1 + r, minus 1. Undefined for no returns. */
export function totalReturn(returns: Float64Array): Statistic {
  if (returns.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  return defined(growthOf(returns) - 1);
}

/** (1 + total)^(P / n) - 1: years are counted in returns, not in calendar days. */
export function cagr(returns: Float64Array, periodsPerYear: number): Statistic {
  if (returns.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  return defined(growthOf(returns) ** (periodsPerYear / returns.length) - 1);
}

/** sigma x sqrt(P). Zero for returns that do not vary; undefined for fewer than two. */
export function volatility(returns: Float64Array, periodsPerYear: number): Statistic {
  if (returns.length < 2) return undefinedBecause('TOO_FEW_RETURNS');
  return defined(sampleDeviation(returns) * Math.sqrt(periodsPerYear));
}

/**
 * mean / sigma x sqrt(P) of returns over the risk-free rate, not CAGR over volatility.
 * Undefined for fewer than two returns and for returns that do not vary.
 */
export function sharpe(excess: Float64Array, periodsPerYear: number): Statistic {
  if (excess.length < 2) return undefinedBecause('TOO_FEW_RETURNS');
  const center = mean(excess);
  const deviation = sampleDeviation(excess);
  if (isNoise(deviation, center)) return undefinedBecause('NO_VARIATION');
  return defined((center / deviation) * Math.sqrt(periodsPerYear));
}

/**
 * sqrt(mean(min(r, 0)^2)) x sqrt(P) of returns over the minimum acceptable one, where the mean
 * divides by all n, not by the losses alone. Zero without losses; undefined for no returns.
 */
export function downsideRisk(excess: Float64Array, periodsPerYear: number): Statistic {
  if (excess.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  return defined(downsideDeviation(excess) * Math.sqrt(periodsPerYear));
}

/**
 * mean / sqrt(mean(min(r, 0)^2)) x sqrt(P) of returns over the minimum acceptable one; both means
 * divide by all n. Undefined when nothing is below it.
 */
export function sortino(excess: Float64Array, periodsPerYear: number): Statistic {
  if (excess.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  const center = mean(excess);
  const deviation = downsideDeviation(excess);
  if (isNoise(deviation, center)) return undefinedBecause('NO_LOSSES');
  return defined((center / deviation) * Math.sqrt(periodsPerYear));
}

function downsideDeviation(excess: Float64Array): number {
  let sum = 0;
  for (const value of excess) if (value < 0) sum += value * value;
  return Math.sqrt(sum / excess.length);
}

/**
 * Sum of gains over sum of losses, both measured from the threshold that was taken off the
 * returns. Undefined without losses.
 */
export function omega(excess: Float64Array): Statistic {
  if (excess.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  const { gains, losses } = splitSums(excess);
  if (isNoise(losses)) return undefinedBecause('NO_LOSSES');
  return defined(gains / losses);
}

/** Share of the returns above zero. */
export function hitRate(returns: Float64Array): Statistic {
  if (returns.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  return defined(splitSums(returns).gainCount / returns.length);
}

/** Mean of the gains over the mean of the losses, as a positive number. */
export function payoff(returns: Float64Array): Statistic {
  if (returns.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  const { gains, gainCount, losses, lossCount } = splitSums(returns);
  if (gainCount === 0) return undefinedBecause('NO_GAINS');
  if (isNoise(losses)) return undefinedBecause('NO_LOSSES');
  return defined(gains / gainCount / (losses / lossCount));
}

function splitSums(returns: Float64Array) {
  let gains = 0;
  let losses = 0;
  let gainCount = 0;
  let lossCount = 0;
  for (const value of returns) {
    if (value > 0) {
      gains += value;
      gainCount += 1;
    } else if (value < 0) {
      losses -= value;
      lossCount += 1;
    }
  }
  return { gains, losses, gainCount, lossCount };
}

/** |95 % quantile| over |5 % quantile|, both linear between observations. `sorted` ascends. */
export function tailRatio(sorted: Float64Array): Statistic {
  if (sorted.length === 0) return undefinedBecause('TOO_FEW_RETURNS');
  const low = quantileLinear(sorted, 0.05);
  if (isNoise(low)) return undefinedBecause('NO_LOSSES');
  return defined(Math.abs(quantileLinear(sorted, 0.95)) / Math.abs(low));
}

/** Third central moment over the 1.5th power of the second, divisors n; or adjusted for n. */
export function skewness(returns: Float64Array, kind: 'POPULATION' | 'ADJUSTED'): Statistic {
  if (returns.length < (kind === 'POPULATION' ? 2 : 3)) return undefinedBecause('TOO_FEW_RETURNS');
  if (isNoise(sampleDeviation(returns), mean(returns))) return undefinedBecause('NO_VARIATION');
  return defined(kind === 'POPULATION' ? populationSkewness(returns) : adjustedSkewness(returns));
}

/** Fourth central moment over the square of the second, minus 3; or adjusted for n. */
export function excessKurtosis(returns: Float64Array, kind: 'POPULATION' | 'ADJUSTED'): Statistic {
  if (returns.length < (kind === 'POPULATION' ? 2 : 4)) return undefinedBecause('TOO_FEW_RETURNS');
  if (isNoise(sampleDeviation(returns), mean(returns))) return undefinedBecause('NO_VARIATION');
  return defined(
    kind === 'POPULATION' ? populationExcessKurtosis(returns) : adjustedExcessKurtosis(returns),
  );
}

/**
 * How steadily the level grows: R squared of the straight line through the cumulative log returns.
 * Between 0 and 1. Undefined for fewer than two returns, for a flat level and after a total loss.
 */
export function stability(returns: Float64Array): Statistic {
  const n = returns.length;
  if (n < 2) return undefinedBecause('TOO_FEW_RETURNS');
  const logs = new Float64Array(n);
  let sum = 0;
  returns.forEach((value, index) => {
    sum += Math.log1p(value);
    logs[index] = sum;
  });
  const center = mean(logs);
  let across = 0;
  let squares = 0;
  logs.forEach((value, index) => {
    across += (value - center) * (index - (n - 1) / 2);
    squares += (value - center) ** 2;
  });
  if (isNoise(Math.sqrt(squares / n), center)) return undefinedBecause('NO_VARIATION');
  const timeSquares = (n * (n * n - 1)) / 12;
  return defined((across * across) / (squares * timeSquares));
}

/** One-way turnover a year: the sum of (sum |change of weight| / 2) over the years, n / P. */
export function annualTurnover(
  turnovers: readonly number[],
  { returns, periodsPerYear }: { readonly returns: number; readonly periodsPerYear: number },
): Statistic {
  if (returns === 0) return undefinedBecause('TOO_FEW_RETURNS');
  const sum = turnovers.reduce((total, turnover) => total + turnover, 0);
  return defined((sum * periodsPerYear) / returns);
}
