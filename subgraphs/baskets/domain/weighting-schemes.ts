/** How the weights of an index are found: one function per scheme, all exact. */

import { type Decimal, formatDecimal, fromNumber, ONE } from '#kernel/decimal';
import { type Price, type Quantity, type Weight, weight } from '#kernel/money';
import type { FxFactor } from './index-level.ts';
import { capWeights, equalWeights, roundToOne } from './weights.ts';

export interface WeightedName {
  /** Breaks ties. */
  readonly id: string;
  /** For FIXED. */
  readonly weight: Weight | null;
  /** At the review, in the currency of the name; for PRICE and both capitalisations. */
  readonly price: Price | null;
  /** Into the currency of the index; for the same schemes. */
  readonly fx: FxFactor | null;
  /** For the capitalisations and FACTOR_SCORE. */
  readonly sharesOutstanding: Quantity | null;
  /** Fraction of the shares that can be bought, above 0, at most 1: FLOAT_CAP, FACTOR_SCORE. */
  readonly freeFloat: Weight | null;
  /** A size in one unit for all names, above 0; for FUNDAMENTAL. */
  readonly fundamental: Decimal | null;
  /** In standard deviations from the mean; for FACTOR_SCORE. */
  readonly factorScore: Decimal | null;
  /** Annual standard deviation of returns, above 0; for INVERSE_VOLATILITY. */
  readonly volatility: number | null;
}

export const WEIGHTING_SCHEMES = [
  'EQUAL',
  'FIXED',
  'MARKET_CAP',
  'FLOAT_CAP',
  'PRICE',
  'FUNDAMENTAL',
  'FACTOR_SCORE',
  'INVERSE_VOLATILITY',
] as const;
export type WeightingScheme = (typeof WEIGHTING_SCHEMES)[number];

export type WeightingRefusal =
  'WEIGHTING_INPUT_MISSING' | 'WEIGHTS_NOT_ONE' | 'CAP_INFEASIBLE' | 'WEIGHT_ROUNDS_TO_ZERO';

export type SchemeWeights =
  | { readonly ok: true; readonly weights: readonly Weight[] }
  | { readonly ok: false; readonly reason: WeightingRefusal; readonly message: string };

const MAX_NAMES_SHOWN = 10;
/** Scale of 1 / volatility: 1e-16, so that a hundred thousandth of it still has 11 digits. */
const INVERSE_UNIT = 10n ** 16n;

/**
 * Weights by the scheme, in the order given, that sum to exactly 1; rounded once, by largest
 * remainder to 1e-8. With a cap, no weight is above it and the excess lies on the others pro rata.
 *
 * Refuses when an input of the scheme is missing or not above zero for a name, when fixed
 * weights do not sum to 1, when names x cap < 1, and when a weight rounds to zero.
 */
export function weighBy(
  scheme: WeightingScheme,
  names: readonly WeightedName[],
  cap: Weight | null = null,
): SchemeWeights {
  const found = weightsOf(scheme, names);
  const within = found.ok && cap !== null ? capped(found.weights, names, cap) : found;
  if (!within.ok) return within;
  const nothing = names.filter((_, at) => within.weights[at] === 0n).map(({ id }) => id);
  if (nothing.length === 0) return within;
  const shown = nothing.slice(0, MAX_NAMES_SHOWN).join(', ');
  const message = `every weight is at least 0.00000001, was less for ${shown}`;
  return { ok: false, reason: 'WEIGHT_ROUNDS_TO_ZERO', message };
}

function capped(
  weights: readonly Weight[],
  names: readonly WeightedName[],
  cap: Weight,
): SchemeWeights {
  const within = capWeights(
    names.map(({ id }, at) => ({ id, weight: weights[at] ?? weight(0n) })),
    cap,
  );
  return within.ok ? within : { ok: false, reason: 'CAP_INFEASIBLE', message: within.message };
}

function weightsOf(scheme: WeightingScheme, names: readonly WeightedName[]): SchemeWeights {
  if (scheme === 'EQUAL') return { ok: true, weights: equalWeights(names.map(({ id }) => id)) };
  const sizes = names.map((name) => SIZES[scheme](name));
  const missing = names.filter((_, at) => (sizes[at] ?? 0n) <= 0n).map(({ id }) => id);
  if (missing.length > 0) {
    const shown = missing.slice(0, MAX_NAMES_SHOWN).join(', ');
    const message = `${scheme} needs ${NEEDS[scheme]} above 0, was missing for ${shown}`;
    return { ok: false, reason: 'WEIGHTING_INPUT_MISSING', message };
  }
  if (scheme === 'FIXED') {
    const sum = sizes.reduce((total: bigint, size) => total + (size ?? 0n), 0n);
    if (sum !== ONE) {
      const message = `weights sum to 1 exactly, was ${formatDecimal(sum)}`;
      return { ok: false, reason: 'WEIGHTS_NOT_ONE', message };
    }
  }
  return {
    ok: true,
    weights: roundToOne(names.map(({ id }, at) => ({ id, size: sizes[at] ?? 0n }))),
  };
}

/** A number in proportion to the weight; undefined when an input is missing. */
const SIZES: Readonly<
  Record<Exclude<WeightingScheme, 'EQUAL'>, (name: WeightedName) => bigint | undefined>
> = {
  FIXED: ({ weight }) => weight ?? undefined,
  PRICE: ({ price, fx }) => product(price, fx),
  MARKET_CAP: ({ price, fx, sharesOutstanding }) => product(price, fx, sharesOutstanding),
  FLOAT_CAP: floatCapitalisation,
  FUNDAMENTAL: ({ fundamental }) => fundamental ?? undefined,
  FACTOR_SCORE: (name) => {
    const size = floatCapitalisation(name);
    const { factorScore } = name;
    return size === undefined || factorScore === null ? undefined : size * tilt(factorScore);
  },
  INVERSE_VOLATILITY: ({ volatility }) => {
    const exact = volatility === null || !(volatility > 0) ? 0n : fromNumber(volatility);
    return exact > 0n ? (INVERSE_UNIT * ONE) / exact : undefined;
  },
};

const NEEDS: Readonly<Record<Exclude<WeightingScheme, 'EQUAL'>, string>> = {
  FIXED: 'weights',
  PRICE: 'a price and a rate',
  MARKET_CAP: 'a price, a rate and shares outstanding',
  FLOAT_CAP: 'a price, a rate, shares outstanding and a free float of at most 1,',
  FUNDAMENTAL: 'a fundamental size',
  FACTOR_SCORE:
    'a factor score, a price, a rate, shares outstanding and a free float of at most 1,',
  INVERSE_VOLATILITY: 'a volatility',
};

function floatCapitalisation(name: WeightedName): bigint | undefined {
  const { price, fx, sharesOutstanding, freeFloat } = name;
  if (freeFloat === null || freeFloat > ONE) return undefined;
  return product(price, fx, sharesOutstanding, freeFloat);
}

/** 1 + z, below zero 1 / (1 - z), at 1e-16 and cut: doubling what is liked, halving the rest. */
export function tilt(score: Decimal): bigint {
  return score >= 0n ? (ONE + score) * ONE : (ONE * ONE * ONE) / (ONE - score);
}

function product(...factors: readonly (bigint | null)[]): bigint | undefined {
  let result = 1n;
  for (const factor of factors) {
    if (factor === null || factor <= 0n) return undefined;
    result *= factor;
  }
  return result;
}
