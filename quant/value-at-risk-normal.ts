/** Value at risk under the normal distribution, and its correction for skew and fat tails. */

import { mean, populationExcessKurtosis, populationSkewness, sampleDeviation } from './moments.ts';
import { normalDensity, normalQuantile } from './normal-distribution.ts';
import type { TailRisk } from './value-at-risk-historical.ts';

/**
 * VaR = -(mu + z sigma), ES = -mu + sigma phi(z) / (1 - c), with z the (1 - c) quantile and sigma
 * with divisor n - 1. Unrounded, in the unit of `profits`. Undefined for fewer than two profits.
 *
 * Source: index and risk reference, section 6 (VaR, ES normal).
 */
export function valueAtRiskNormal(profits: Float64Array, confidence: number): TailRisk | undefined {
  if (profits.length < 2) return undefined;
  const z = normalQuantile(1 - confidence);
  const center = mean(profits);
  const deviation = sampleDeviation(profits);
  return {
    valueAtRisk: -(center + z * deviation),
    expectedShortfall: -center + (deviation * normalDensity(z)) / (1 - confidence),
  };
}

/** Beyond these the expansion stops growing with confidence at the levels in use. */
const MAX_SKEW = 1;
const MAX_EXCESS_KURTOSIS = 8;

/**
 * The normal value at risk with its quantile corrected by population skew S and excess kurtosis K:
 * z' = z + (z^2 - 1) S / 6 + (z^3 - 3z) K / 24 - (2z^3 - 5z) S^2 / 36.
 *
 * Undefined for fewer than four profits, for profits that are all alike, and where the expansion
 * is not to be trusted (|S| above 1 or K above 8). Source: as above (Cornish-Fisher).
 */
export function valueAtRiskCornishFisher(
  profits: Float64Array,
  confidence: number,
): number | undefined {
  if (profits.length < 4) return undefined;
  const skew = populationSkewness(profits);
  const kurtosis = populationExcessKurtosis(profits);
  const trusted = Math.abs(skew) <= MAX_SKEW && kurtosis <= MAX_EXCESS_KURTOSIS;
  if (!trusted) return undefined;
  const z = cornishFisherQuantile(1 - confidence, skew, kurtosis);
  return -(mean(profits) + z * sampleDeviation(profits));
}

/** The corrected quantile z' itself. */
export function cornishFisherQuantile(tail: number, skew: number, kurtosis: number): number {
  const z = normalQuantile(tail);
  return (
    z +
    ((z ** 2 - 1) * skew) / 6 +
    ((z ** 3 - 3 * z) * kurtosis) / 24 -
    ((2 * z ** 3 - 5 * z) * skew ** 2) / 36
  );
}
