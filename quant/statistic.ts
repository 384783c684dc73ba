/** The answer of a statistic: a finite number, or why there is none. Never NaN or infinity. */

export type Statistic =
  | { readonly value: number; readonly undefinedReason: null }
  | { readonly value: null; readonly undefinedReason: UndefinedReason };

export type UndefinedReason = keyof typeof UNDEFINED_REASONS;

/** What each reason says to a reader. */
export const UNDEFINED_REASONS = {
  TOO_FEW_RETURNS: 'there are too few returns',
  NO_VARIATION: 'the returns do not vary, so nothing can be divided by their deviation',
  NO_LOSSES: 'no return is below the threshold, so there is no loss to divide by',
  NO_GAINS: 'no return is above zero',
  NO_DRAWDOWN: 'the level never falls below an earlier one, so there is no drawdown to divide by',
  NO_BENCHMARK: 'there is no benchmark, or it has no price at the start',
  BENCHMARK_WITHOUT_VARIATION: 'the returns of the benchmark do not vary',
  NO_UP_PERIODS: 'the benchmark never rises',
  NO_DOWN_PERIODS: 'the benchmark never falls',
  ZERO_BETA: 'beta is zero, so nothing can be divided by it',
  OUTSIDE_VALIDITY: 'skew or kurtosis is too large for the Cornish-Fisher expansion',
  OUT_OF_RANGE: 'the result is too large for a number',
} as const;

/** Answers with OUT_OF_RANGE for what is not finite, so that no caller has to look. */
export function defined(value: number): Statistic {
  return Number.isFinite(value)
    ? { value, undefinedReason: null }
    : undefinedBecause('OUT_OF_RANGE');
}

export function undefinedBecause(undefinedReason: UndefinedReason): Statistic {
  return { value: null, undefinedReason };
}

export function mapStatistic(statistic: Statistic, change: (value: number) => number): Statistic {
  return statistic.value === null ? statistic : defined(change(statistic.value));
}

/**
 * Returns made from levels carry rounding noise near 1e-16. A deviation or a drawdown this small,
 * measured against 1 or the mean where that is larger, is none at all.
 */
export const NOISE = 1e-14;

export function isNoise(deviation: number, center = 0): boolean {
  return Math.abs(deviation) <= NOISE * Math.max(1, Math.abs(center));
}
