/** Value at risk and expected shortfall as observed: no distribution assumed. */

export interface TailRisk {
  /** Positive for a loss; below zero when even the tail made a profit. */
  readonly valueAtRisk: number;
  /** Mean of the losses at or beyond the value at risk; never below it. */
  readonly expectedShortfall: number;
}

/**
 * The observed loss at rank ceil(n x (1 - confidence)) from the worst, without interpolation, so
 * the result is always a loss that really occurred. Unrounded, in the unit of `profits`.
 *
 * Undefined for no profits. Below `leastObservations` the rank is the worst one whatever the
 * confidence: whether that is enough is for the caller to say.
 * Source: index and risk reference, section 6 (VaR, ES hist.). Golden: value-at-risk.test.ts.
 */
export function valueAtRiskHistorical(
  profits: Float64Array,
  confidence: number,
): TailRisk | undefined {
  if (profits.length === 0) return undefined;
  const rank = tailRank(profits.length, confidence);
  const worstFirst = profits.toSorted();
  let sum = 0;
  for (let i = 0; i < rank; i++) sum -= worstFirst[i] ?? 0;
  return { valueAtRisk: -(worstFirst[rank - 1] ?? 0), expectedShortfall: sum / rank };
}

/** Rounding noise of 1 - confidence must not lift a whole rank by one. */
const RANK_TOLERANCE = 1e-9;

function tailRank(n: number, confidence: number): number {
  return Math.max(1, Math.ceil(n * (1 - confidence) - RANK_TOLERANCE));
}

/** Observations needed for the tail to hold one of them: 100 at 99 %, 20 at 95 %. */
export function leastObservations(confidence: number): number {
  return Math.ceil(1 / (1 - confidence) - RANK_TOLERANCE);
}
