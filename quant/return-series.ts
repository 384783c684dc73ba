/** Series of simple returns of one portfolio, and the levels they come from. */

/** r[t] = level[t + 1] / level[t] - 1: one fewer than there are levels, none for no level. */
export function simpleReturns(levels: Float64Array): Float64Array {
  const returns = new Float64Array(Math.max(0, levels.length - 1));
  for (let i = 0; i < returns.length; i++) {
    returns[i] = (levels[i + 1] ?? Number.NaN) / (levels[i] ?? Number.NaN) - 1;
  }
  return returns;
}

/** The levels that the returns lead to, from `base` on: one more than there are returns. */
export function levelsOf(returns: Float64Array, base = 1): Float64Array {
  const levels = new Float64Array(returns.length + 1);
  let level = base;
  levels[0] = level;
  for (let i = 0; i < returns.length; i++) {
    level *= 1 + (returns[i] ?? Number.NaN);
    levels[i + 1] = level;
  }
  return levels;
}

/**
 * Returns over a rate per period: the risk-free rate for Sharpe, the minimum acceptable return for
 * Sortino and downside risk, the threshold for Omega, the benchmark's returns for tracking error.
 */
export function excessReturns(returns: Float64Array, rate: number | Float64Array): Float64Array {
  const excess = new Float64Array(returns.length);
  for (let i = 0; i < returns.length; i++) {
    const over = typeof rate === 'number' ? rate : (rate[i] ?? Number.NaN);
    excess[i] = (returns[i] ?? Number.NaN) - over;
  }
  return excess;
}

/** The rate per period that compounds to `annualRate` over `periodsPerYear` of them. */
export function perPeriodRate(annualRate: number, periodsPerYear: number): number {
  return (1 + annualRate) ** (1 / periodsPerYear) - 1;
}

/** Product of all 1 + r; 1 for no returns. */
export function growthOf(returns: Float64Array): number {
  let growth = 1;
  for (const value of returns) growth *= 1 + value;
  return growth;
}
