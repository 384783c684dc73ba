/** The volatility that INVERSE_VOLATILITY weighs by, the same live and in backtests. */

import { overlappingReturns } from '#quant/returns';
import { volatility } from '#quant/return-metrics';
import { RETURNS_PER_YEAR } from './weighing.ts';

/**
 * Sample deviation of the simple returns between these closes x sqrt(252); null for fewer than
 * three closes and for closes that do not move.
 */
export function windowVolatility(closes: Float64Array): number | null {
  const returns = overlappingReturns({ names: 1, days: closes.length, prices: closes }, 1);
  const { value } = volatility(returns.prices, RETURNS_PER_YEAR);
  return value !== null && value > 0 ? value : null;
}
