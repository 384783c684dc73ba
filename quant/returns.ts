/** Returns of price series. Layout day-major: `prices[day * names + name]`. */

export interface PriceMatrix {
  readonly names: number;
  readonly days: number;
  /** Positive prices, `days * names` of them. */
  readonly prices: Float64Array;
}

/**
 * Overlapping simple returns over `horizonDays` h of every name: row t is price[t + h] / price[t],
 * minus 1. Gives `days - horizonDays` rows, none when the series is too short.
 */
export function overlappingReturns(matrix: PriceMatrix, horizonDays: number): PriceMatrix {
  const { names, days, prices } = matrix;
  const rows = Math.max(0, days - horizonDays);
  const returns = new Float64Array(rows * names);
  const ahead = horizonDays * names;
  for (let i = 0; i < returns.length; i++) {
    returns[i] = (prices[i + ahead] ?? Number.NaN) / (prices[i] ?? Number.NaN) - 1;
  }
  return { names, days: rows, prices: returns };
}

/** Profit of holding `values` (one per name, in one currency) through each row of returns. */
export function scenarioProfits(returns: PriceMatrix, values: Float64Array): Float64Array {
  const profits = new Float64Array(returns.days);
  for (let day = 0; day < returns.days; day++) {
    const row = day * returns.names;
    let profit = 0;
    for (let name = 0; name < returns.names; name++) {
      profit += (values[name] ?? 0) * (returns.prices[row + name] ?? 0);
    }
    profits[day] = profit;
  }
  return profits;
}
