/**
 * How the weights of a version were found: the rule, and all that was known on the day it was
 * applied, so that the same weights can be found again.
 */

import type { BusinessDate } from '#kernel/business-date';
import { type Decimal, formatDecimal, ONE, toNumber } from '#kernel/decimal';
import { type Refusal, refuse } from '#kernel/decision';
import { type Price, type Quantity, type Weight, weight } from '#kernel/money';
import { type FxSnapshot, fxFactor } from './fx-snapshot.ts';
import type { FxFactor } from './index-level.ts';
import type { BasketRefusalReason } from './refusal-reason.ts';
import { shownNames } from './shown-names.ts';
import { type WeightingScheme, weighBy, type WeightingRefusal } from './weighting-schemes.ts';

export interface ProposedConstituent {
  readonly symbol: string;
  /** Null when left out. */
  readonly weight: bigint | null;
  readonly sharesOutstanding?: Quantity | null;
  /** Fraction of the shares that can be bought. */
  readonly freeFloat?: Weight | null;
  /** A size in one unit for all names, such as sales. */
  readonly fundamental?: Decimal | null;
  /** In standard deviations from the mean. */
  readonly factorScore?: Decimal | null;
}

export interface WeighingRule {
  /** No weight is above it, above 0 and at most 1; null for none. */
  readonly maxWeight: Weight | null;
  /** Returns that a volatility is measured over; null but for INVERSE_VOLATILITY. */
  readonly volatilityWindow: number | null;
}

/** What a proposal says about the rule. */
export interface ProposedRule extends WeighingRule {
  /** Day of the prices; null for the newest day with a close. */
  readonly asOf: BusinessDate | null;
}

/** What was known of one name; null for what the scheme does not look at. */
export interface WeighedName {
  readonly symbol: string;
  /** As given for FIXED, before a cap. */
  readonly weight: Weight | null;
  readonly price: Price | null;
  /** Day of that close, at most MAX_CLOSE_AGE_DAYS before the day of the weights. */
  readonly priceDate: BusinessDate | null;
  readonly fx: FxFactor | null;
  readonly sharesOutstanding: Quantity | null;
  readonly freeFloat: Weight | null;
  readonly fundamental: Decimal | null;
  readonly factorScore: Decimal | null;
  /** Of a year, rounded to 1e-8. */
  readonly volatility: Decimal | null;
  /** The shares after the corporate actions since: what the next rebalance begins with. */
  readonly sharesNow: Quantity | null;
}

export interface Weighing extends WeighingRule {
  /** Null when no price was looked at. */
  readonly asOf: BusinessDate | null;
  /** In the order of the constituents. */
  readonly names: readonly WeighedName[];
}

/** Prices, rates and volatilities of one day. */
export interface WeighingMarket {
  readonly asOf: BusinessDate;
  readonly closes: ReadonlyMap<string, { readonly price: Price; readonly date: BusinessDate }>;
  readonly fx: FxSnapshot;
  /** Null for a name with fewer closes than the window needs, or without a move in it. */
  readonly volatilities: ReadonlyMap<string, Decimal | null>;
}

/** Section 5: a close of up to so many days before stands for a day without one. */
export const MAX_CLOSE_AGE_DAYS = 5;
export const DEFAULT_VOLATILITY_WINDOW = 252;
export const MIN_VOLATILITY_WINDOW = 20;
export const MAX_VOLATILITY_WINDOW = 1_260;
export const RETURNS_PER_YEAR = 252;
export const VOLATILITY_CONVENTION =
  'sample deviation of simple daily returns of the preferred closes, in the currency of the ' +
  'name, x sqrt(252)';

/** What a scheme looks at, beside what people give. */
export const USES: Readonly<
  Record<WeightingScheme, { readonly prices: boolean; readonly given: readonly GivenInput[] }>
> = {
  EQUAL: { prices: false, given: [] },
  FIXED: { prices: false, given: ['weight'] },
  MARKET_CAP: { prices: true, given: ['sharesOutstanding'] },
  FLOAT_CAP: { prices: true, given: ['sharesOutstanding', 'freeFloat'] },
  PRICE: { prices: true, given: [] },
  FUNDAMENTAL: { prices: false, given: ['fundamental'] },
  FACTOR_SCORE: { prices: true, given: ['sharesOutstanding', 'freeFloat', 'factorScore'] },
  INVERSE_VOLATILITY: { prices: false, given: [] },
};
type GivenInput = 'weight' | 'sharesOutstanding' | 'freeFloat' | 'fundamental' | 'factorScore';

/** Whether the weights are others on another day. */
export const followsMarket = (scheme: WeightingScheme): boolean =>
  USES[scheme].prices || scheme === 'INVERSE_VOLATILITY';

export type Weighed =
  | { readonly ok: true; readonly weights: readonly Weight[]; readonly weighing: Weighing | null }
  | Refusal<BasketRefusalReason>;

export interface ToWeigh {
  readonly scheme: WeightingScheme;
  readonly rule: ProposedRule;
  readonly currency: string;
  readonly names: readonly (ProposedConstituent & { readonly currency: string })[];
  readonly market: WeighingMarket | null;
}

/**
 * Weights by the scheme that sum to exactly 1, and what they were found from; null for plain EQUAL
 * and FIXED, whose weights explain themselves.
 */
export function weigh(wanted: ToWeigh): Weighed {
  const { scheme, rule, names, market } = wanted;
  const fault = ruleFault(wanted) ?? inputFault(wanted) ?? marketFault(wanted);
  if (fault) return fault;
  const weighed = names.map((each) => weighedName(wanted, each));
  const found = weighBy(
    scheme,
    weighed.map((each) => ({
      ...each,
      id: each.symbol,
      volatility: each.volatility === null ? null : toNumber(each.volatility),
    })),
    rule.maxWeight,
  );
  if (!found.ok) return refuse(REASON_OF[found.reason], found.message);
  const isPlain = rule.maxWeight === null && (scheme === 'EQUAL' || scheme === 'FIXED');
  if (isPlain) return { ok: true, weights: found.weights, weighing: null };
  const volatilityWindow = windowOf(scheme, rule);
  const asOf = followsMarket(scheme) ? (market?.asOf ?? null) : null;
  const { maxWeight } = rule;
  const weighing = { maxWeight, volatilityWindow, asOf, names: weighed };
  return { ok: true, weights: found.weights, weighing };
}

/** Of the rule of a version, on another day. */
export function weighAgain(
  version: {
    readonly weighting: WeightingScheme;
    readonly weighing: Weighing;
    readonly constituents: readonly { readonly symbol: string; readonly currency: string }[];
  },
  currency: string,
  market: WeighingMarket,
): Weighed {
  const { weighting: scheme, weighing, constituents } = version;
  const given = new Map(proposalsOf(weighing).map((each) => [each.symbol, each]));
  return weigh({
    scheme,
    rule: { ...weighing, asOf: market.asOf },
    currency,
    names: constituents.map(({ symbol, currency: own }) => ({
      ...(given.get(symbol) ?? { symbol, weight: null }),
      currency: own,
    })),
    market,
  });
}

/** What people gave, with the shares as they are now. */
export function proposalsOf({ names }: Weighing): readonly ProposedConstituent[] {
  return names.map(({ symbol, weight: given, sharesNow, freeFloat, fundamental, factorScore }) => ({
    symbol,
    weight: given,
    sharesOutstanding: sharesNow,
    freeFloat,
    fundamental,
    factorScore,
  }));
}

/** Default of a window that nobody named; null where there is none. */
export function windowOf(
  scheme: WeightingScheme,
  { volatilityWindow }: Pick<WeighingRule, 'volatilityWindow'>,
): number | null {
  return scheme === 'INVERSE_VOLATILITY' ? (volatilityWindow ?? DEFAULT_VOLATILITY_WINDOW) : null;
}

function ruleFault({ scheme, rule }: ToWeigh) {
  const { maxWeight, volatilityWindow } = rule;
  if (maxWeight !== null && (maxWeight <= 0n || maxWeight > ONE)) {
    return refuse(
      'INVALID_WEIGHTING_RULE' as const,
      `expected a maxWeight above 0 and at most 1, was ${formatDecimal(maxWeight)}`,
    );
  }
  if (volatilityWindow === null) return undefined;
  const isWindow =
    volatilityWindow >= MIN_VOLATILITY_WINDOW && volatilityWindow <= MAX_VOLATILITY_WINDOW;
  if (scheme === 'INVERSE_VOLATILITY' && isWindow) return undefined;
  return refuse(
    'INVALID_WEIGHTING_RULE' as const,
    `expected a volatilityWindow of ${MIN_VOLATILITY_WINDOW} to ${MAX_VOLATILITY_WINDOW} ` +
      `returns, for INVERSE_VOLATILITY only, was ${volatilityWindow} for ${scheme}`,
  );
}

/** An input that the scheme does not look at would be forgotten in silence. */
function inputFault({ scheme, names }: ToWeigh) {
  const { given } = USES[scheme];
  const INPUTS = ['sharesOutstanding', 'freeFloat', 'fundamental', 'factorScore'] as const;
  for (const input of INPUTS) {
    if (given.includes(input)) continue;
    const found = names.filter((each) => (each[input] ?? null) !== null);
    if (found.length === 0) continue;
    return refuse(
      'WEIGHTING_INPUT_NOT_EXPECTED' as const,
      `${scheme} takes no ${input}, was given for ${shownNames(found.map(({ symbol }) => symbol))}`,
    );
  }
  return undefined;
}

function marketFault({ scheme, names, market, rule }: ToWeigh) {
  if (!followsMarket(scheme)) return undefined;
  if (market === null) {
    return refuse('NO_PRICE_HISTORY' as const, `${scheme} needs closes, none of the names has one`);
  }
  const unpriced = names.filter(({ symbol }) => !market.closes.has(symbol));
  if (unpriced.length > 0) {
    return refuse(
      'NO_PRICE_HISTORY' as const,
      `${scheme} needs a close of ${market.asOf} or at most ${MAX_CLOSE_AGE_DAYS} days before, ` +
        `was missing for ${shownNames(unpriced.map(({ symbol }) => symbol))}`,
    );
  }
  if (scheme !== 'INVERSE_VOLATILITY') return undefined;
  const short = names.filter(({ symbol }) => (market.volatilities.get(symbol) ?? null) === null);
  if (short.length === 0) return undefined;
  const closes = (windowOf(scheme, rule) ?? 0) + 1;
  return refuse(
    'NO_PRICE_HISTORY' as const,
    `${scheme} needs the last ${closes} closes up to ${market.asOf}, and that they move; ` +
      `was not so for ${shownNames(short.map(({ symbol }) => symbol))}`,
  );
}

function weighedName(
  { scheme, market, currency }: ToWeigh,
  name: ProposedConstituent & { readonly currency: string },
): WeighedName {
  const { symbol } = name;
  const close = USES[scheme].prices ? market?.closes.get(symbol) : undefined;
  const fx = close && market ? fxFactor(market.fx, name.currency, currency) : undefined;
  const sharesOutstanding = name.sharesOutstanding ?? null;
  return {
    symbol,
    weight: name.weight === null ? null : weight(name.weight),
    price: close?.price ?? null,
    priceDate: close?.date ?? null,
    fx: fx ?? null,
    sharesOutstanding,
    freeFloat: name.freeFloat ?? null,
    fundamental: name.fundamental ?? null,
    factorScore: name.factorScore ?? null,
    volatility: scheme === 'INVERSE_VOLATILITY' ? (market?.volatilities.get(symbol) ?? null) : null,
    sharesNow: sharesOutstanding,
  };
}

const REASON_OF: Readonly<Record<WeightingRefusal, BasketRefusalReason>> = {
  WEIGHTING_INPUT_MISSING: 'WEIGHTING_INPUT_MISSING',
  WEIGHTS_NOT_ONE: 'WEIGHTS_DO_NOT_SUM_TO_ONE',
  CAP_INFEASIBLE: 'CAP_INFEASIBLE',
  WEIGHT_ROUNDS_TO_ZERO: 'WEIGHT_ROUNDS_TO_ZERO',
};

/** Everything in it as text, in a fixed order: part of what an approval binds to. */
export function canonicalWeighing({ maxWeight, volatilityWindow, asOf, names }: Weighing) {
  const rows = names
    .map((each) => [each.symbol, ...NUMBERS.map((key) => each[key]?.toString() ?? null)])
    .toSorted(([a = ''], [b = '']) => ((a ?? '') < (b ?? '') ? -1 : 1));
  return [maxWeight?.toString() ?? null, volatilityWindow, asOf, rows];
}

const NUMBERS = [
  'weight',
  'price',
  'priceDate',
  'fx',
  'sharesOutstanding',
  'freeFloat',
  'fundamental',
  'factorScore',
  'volatility',
  'sharesNow',
] as const;
