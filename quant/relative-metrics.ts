/**
 * Statistics of returns r beside a benchmark's returns b of the same periods, P of them a year.
 * `Pair.returns` and `Pair.benchmark` are equally long; fractions, unrounded.
 *
 * Source: index and risk reference, section 6. Golden figures: return-metrics.test.ts.
 */

import { mean, sampleCovariance, sampleDeviation } from './moments.ts';
import { sharpe, volatility } from './return-metrics.ts';
import { excessReturns, growthOf } from './return-series.ts';
import { defined, isNoise, mapStatistic, type Statistic, undefinedBecause } from './statistic.ts';

export interface Pair {
  readonly returns: Float64Array;
  readonly benchmark: Float64Array;
}

export interface YearAndRate {
  readonly periodsPerYear: number;
  /** Risk-free return of one period. */
  readonly riskFree: number;
}

/** cov(r, b) / var(b). Undefined for fewer than two returns and a benchmark that does not vary. */
export function beta({ returns, benchmark }: Pair): Statistic {
  if (returns.length < 2) return undefinedBecause('TOO_FEW_RETURNS');
  const deviation = sampleDeviation(benchmark);
  if (isNoise(deviation, mean(benchmark))) return undefinedBecause('BENCHMARK_WITHOUT_VARIATION');
  return defined(sampleCovariance(returns, benchmark) / (deviation * deviation));
}

/** Jensen's alpha of a year, in the plain way: alpha of a period x P. */
export function alpha(pair: Pair, { periodsPerYear, riskFree }: YearAndRate): Statistic {
  return mapStatistic(alphaPerPeriod(pair, riskFree), (value) => value * periodsPerYear);
}

/** Jensen's alpha of a year, compounded: (1 + alpha of a period)^P - 1, as empyrical has it. */
export function alphaCompounded(pair: Pair, { periodsPerYear, riskFree }: YearAndRate): Statistic {
  return mapStatistic(alphaPerPeriod(pair, riskFree), (value) => (1 + value) ** periodsPerYear - 1);
}

/** mean(r - rf) - beta x mean(b - rf). */
function alphaPerPeriod(pair: Pair, riskFree: number): Statistic {
  const excess = mean(pair.returns) - riskFree;
  const benchmarkExcess = mean(pair.benchmark) - riskFree;
  return mapStatistic(beta(pair), (slope) => excess - slope * benchmarkExcess);
}

/** cov(r, b) over both deviations, between -1 and 1. */
export function correlation({ returns, benchmark }: Pair): Statistic {
  if (returns.length < 2) return undefinedBecause('TOO_FEW_RETURNS');
  const own = sampleDeviation(returns);
  const other = sampleDeviation(benchmark);
  if (isNoise(own, mean(returns))) return undefinedBecause('NO_VARIATION');
  if (isNoise(other, mean(benchmark))) return undefinedBecause('BENCHMARK_WITHOUT_VARIATION');
  return defined(sampleCovariance(returns, benchmark) / (own * other));
}

/** sigma(r - b) x sqrt(P). Zero for a series that follows its benchmark exactly. */
export function trackingError({ returns, benchmark }: Pair, periodsPerYear: number): Statistic {
  return volatility(excessReturns(returns, benchmark), periodsPerYear);
}

/** mean(r - b) x P over the tracking error. Undefined when r - b does not vary. */
export function informationRatio({ returns, benchmark }: Pair, periodsPerYear: number): Statistic {
  return sharpe(excessReturns(returns, benchmark), periodsPerYear);
}

/** mean(r - rf) x P over beta. */
export function treynor(pair: Pair, { periodsPerYear, riskFree }: YearAndRate): Statistic {
  const slope = beta(pair);
  if (slope.value === null) return slope;
  if (isNoise(slope.value)) return undefinedBecause('ZERO_BETA');
  return defined(((mean(pair.returns) - riskFree) * periodsPerYear) / slope.value);
}

/**
 * Return of a year after scaling to the benchmark's volatility: rf x P + Sharpe x volatility of b.
 * Source: Modigliani and Modigliani, Journal of Portfolio Management 23 (1997).
 */
export function mSquared(pair: Pair, { periodsPerYear, riskFree }: YearAndRate): Statistic {
  const other = volatility(pair.benchmark, periodsPerYear);
  if (other.value === null) return other;
  const scale = other.value;
  const own = sharpe(excessReturns(pair.returns, riskFree), periodsPerYear);
  return mapStatistic(own, (ratio) => riskFree * periodsPerYear + ratio * scale);
}

/** Geometric mean of r over that of b, in the periods in which b > 0. */
export function upCapture(pair: Pair): Statistic {
  return capture(pair, { reason: 'NO_UP_PERIODS', isTaken: (b) => b > 0, perYear: 1 });
}

/** Geometric mean of r over that of b, in the periods in which b <= 0. */
export function downCapture(pair: Pair): Statistic {
  return capture(pair, { reason: 'NO_DOWN_PERIODS', isTaken: (b) => b <= 0, perYear: 1 });
}

/** CAGR of r over that of b, of the periods in which b > 0, as empyrical has it. */
export function annualizedUpCapture(pair: Pair, periodsPerYear: number): Statistic {
  const isTaken = (b: number): boolean => b > 0;
  return capture(pair, { reason: 'NO_UP_PERIODS', isTaken, perYear: periodsPerYear });
}

/** CAGR of r over that of b, of the periods in which b < 0: here b = 0 counts nowhere. */
export function annualizedDownCapture(pair: Pair, periodsPerYear: number): Statistic {
  const isTaken = (b: number): boolean => b < 0;
  return capture(pair, { reason: 'NO_DOWN_PERIODS', isTaken, perYear: periodsPerYear });
}

interface CaptureRule {
  readonly reason: 'NO_UP_PERIODS' | 'NO_DOWN_PERIODS';
  readonly isTaken: (benchmark: number) => boolean;
  /** 1 for the mean of a period, P for that of a year. */
  readonly perYear: number;
}

function capture({ returns, benchmark }: Pair, { reason, isTaken, perYear }: CaptureRule) {
  const taken = returns.filter((_, index) => isTaken(benchmark[index] ?? Number.NaN));
  if (taken.length === 0) return undefinedBecause(reason);
  const exponent = perYear / taken.length;
  const own = growthOf(taken) ** exponent - 1;
  const other = growthOf(benchmark.filter(isTaken)) ** exponent - 1;
  if (isNoise(other)) return undefinedBecause(reason);
  return defined(own / other);
}
