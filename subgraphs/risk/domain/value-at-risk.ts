/** The value at risk of holdings from their own past, with the reason where there is none. */

import { overlappingReturns, scenarioProfits } from '#quant/returns';
import { leastObservations, valueAtRiskHistorical } from '#quant/value-at-risk-historical';
import { valueAtRiskCornishFisher, valueAtRiskNormal } from '#quant/value-at-risk-normal';
import type { AlignedHistory } from './close-history.ts';

export type VarMethod = 'HISTORICAL' | 'PARAMETRIC' | 'CORNISH_FISHER';

export interface VarOptions {
  readonly method: VarMethod;
  /** Probability that the loss stays below. */
  readonly confidence: number;
  readonly horizonDays: number;
  readonly windowDays: number;
}

export interface VarEstimate {
  /** Positive for a loss, in the currency of `values`; null with a reason. */
  readonly value: number | null;
  readonly expectedShortfall: number | null;
  readonly undefinedReason: string | null;
  readonly observations: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly warnings: readonly string[];
}

/**
 * Full revaluation: today's market `values`, one per column of `history`, moved by the overlapping
 * returns over the horizon. Unrounded. Needs 1 / (1 - confidence) profits, so that at least one
 * of them lies in the tail.
 */
export function estimateValueAtRisk(
  history: AlignedHistory,
  values: Float64Array,
  options: VarOptions,
): VarEstimate {
  const returns = overlappingReturns(history.matrix, options.horizonDays);
  const profits = scenarioProfits(returns, values);
  const facts = {
    observations: profits.length,
    from: history.dates[0] ?? null,
    to: history.dates.at(-1) ?? null,
    warnings: windowWarnings(profits.length, options.windowDays),
  };
  const least = leastObservations(options.confidence);
  if (values.length === 0) return undefinedBecause('no holding could be valued', facts);
  if (profits.length < least) {
    const found = `expected at least ${least} common daily returns, found ${profits.length}`;
    return undefinedBecause(`HISTORY_TOO_SHORT: ${found}`, facts);
  }
  const tail = tailOf(profits, options);
  if (tail === undefined) {
    return undefinedBecause('skew or kurtosis outside of what the expansion can describe', facts);
  }
  return { ...facts, ...tail, undefinedReason: null };
}

interface Tail {
  readonly value: number;
  readonly expectedShortfall: number | null;
}

function tailOf(profits: Float64Array, { method, confidence }: VarOptions): Tail | undefined {
  switch (method) {
    case 'HISTORICAL': {
      const tail = valueAtRiskHistorical(profits, confidence);
      return tail && { value: tail.valueAtRisk, expectedShortfall: tail.expectedShortfall };
    }
    case 'PARAMETRIC': {
      const tail = valueAtRiskNormal(profits, confidence);
      return tail && { value: tail.valueAtRisk, expectedShortfall: tail.expectedShortfall };
    }
    case 'CORNISH_FISHER': {
      const value = valueAtRiskCornishFisher(profits, confidence);
      return value === undefined ? undefined : { value, expectedShortfall: null };
    }
  }
}

type VarFacts = Pick<VarEstimate, 'observations' | 'from' | 'to' | 'warnings'>;

function undefinedBecause(reason: string, facts: VarFacts): VarEstimate {
  return { ...facts, value: null, expectedShortfall: null, undefinedReason: reason };
}

function windowWarnings(observations: number, windowDays: number): readonly string[] {
  if (observations >= windowDays) return [];
  return [`${observations} of the ${windowDays} returns asked for are stored`];
}

const CONVENTIONS: Readonly<Record<VarMethod, string>> = {
  HISTORICAL: 'observed loss at rank ceil(n (1 - c)) from the worst, no interpolation',
  PARAMETRIC: 'normal: -(mean + z deviation), deviation with divisor n - 1',
  CORNISH_FISHER: 'normal quantile corrected by population skew and excess kurtosis',
};

/** Says in words how a figure with these options is made. */
export function conventionOf({ method, confidence, horizonDays }: VarOptions): string {
  return [
    CONVENTIONS[method],
    `c = ${confidence}`,
    `overlapping ${horizonDays}-day simple returns, equal weights`,
    'closes of the preferred source, current holdings, FX moves included',
  ].join('; ');
}
