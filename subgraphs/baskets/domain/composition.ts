/** What a basket is made of: names and weights, checked and completed. */

import { formatDecimal, ONE } from '#kernel/decimal';
import { type Refusal, refuse } from '#kernel/decision';
import { type CurrencyCode, type Weight, weight } from '#kernel/money';
import { type FxSnapshot, isPricedCurrency } from './fx-snapshot.ts';
import type { BasketRefusalReason } from './refusal-reason.ts';
import { shownNames } from './shown-names.ts';
import {
  canonicalWeighing,
  type ProposedConstituent,
  type ProposedRule,
  weigh,
  type Weighing,
  type WeighingMarket,
} from './weighing.ts';
import type { WeightingScheme } from './weighting-schemes.ts';

export const MAX_CONSTITUENTS = 1_000;

/** Weights by their scheme alone. */
export const NO_RULE: ProposedRule = { maxWeight: null, volatilityWindow: null, asOf: null };

export interface Constituent {
  readonly symbol: string;
  readonly instrumentId: string;
  readonly currency: CurrencyCode;
  readonly weight: Weight;
}

export interface KnownInstrument {
  readonly instrumentId: string;
  readonly symbol: string;
  readonly currency: CurrencyCode;
}

/** What the platform knew about the names when the command came. */
export interface ReferenceData {
  readonly instruments: ReadonlyMap<string, KnownInstrument>;
  readonly fx: FxSnapshot;
  /** For schemes that follow prices; null when nobody asked, or no name has a close. */
  readonly market: WeighingMarket | null;
  /** What took names off the market, in words, by symbol; left out where nobody asked. */
  readonly departed?: ReadonlyMap<string, string>;
}

export type CompositionResult =
  | {
      readonly ok: true;
      readonly constituents: readonly Constituent[];
      readonly weighing: Weighing | null;
    }
  | Refusal<BasketRefusalReason>;

/**
 * Names in the order given, with weights that sum to exactly 1. Equal weights are rounded to 8
 * places by largest remainder, ties in order of symbol; given weights are taken as they are, and
 * the other schemes find theirs from what is known of the names.
 */
export function compose(
  proposal: {
    readonly currency: string;
    readonly weighting: WeightingScheme;
    readonly rule: ProposedRule;
    readonly constituents: readonly ProposedConstituent[];
  },
  known: ReferenceData,
): CompositionResult {
  const { constituents: proposed, currency, weighting, rule } = proposal;
  if (proposed.length === 0) {
    return refuse('NO_CONSTITUENTS', `expected 1 to ${MAX_CONSTITUENTS} constituents, was 0`);
  }
  if (proposed.length > MAX_CONSTITUENTS) {
    return refuse(
      'TOO_MANY_CONSTITUENTS',
      `expected 1 to ${MAX_CONSTITUENTS} constituents, was ${proposed.length}`,
    );
  }
  const symbols = proposed.map(({ symbol }) => symbol);
  const repeated = symbols.filter((symbol, at) => symbols.indexOf(symbol) !== at);
  if (repeated.length > 0) {
    return refuse(
      'DUPLICATE_SYMBOL',
      `each symbol stands once, was repeated: ${shownNames(repeated)}`,
    );
  }
  const named = symbols.flatMap((symbol) => known.instruments.get(symbol) ?? []);
  if (named.length < symbols.length) {
    const unknown = symbols.filter((symbol) => !known.instruments.has(symbol));
    return refuse('UNKNOWN_SYMBOL', `no instrument has the symbol ${shownNames(unknown)}`);
  }
  const fault = namesFault(named, currency, known);
  if (fault) return fault;
  const badWeights = weightsFault(proposed, weighting);
  if (badWeights) return badWeights;
  const weights = weigh({
    scheme: weighting,
    rule,
    currency,
    names: named.flatMap((instrument, at) => {
      const each = proposed[at];
      return each ? { ...each, currency: instrument.currency } : [];
    }),
    market: known.market,
  });
  if (!weights.ok) return weights;
  return {
    ok: true,
    weighing: weights.weighing,
    constituents: named.map((instrument, at) => ({
      symbol: instrument.symbol,
      instrumentId: instrument.instrumentId,
      currency: instrument.currency,
      weight: weights.weights[at] ?? weight(0n),
    })),
  };
}

/** Of names that are known: whether they trade, in currencies that can be brought together. */
function namesFault(
  named: readonly KnownInstrument[],
  currency: string,
  { departed, fx }: ReferenceData,
): Refusal<'NAME_OFF_MARKET' | 'CURRENCY_NOT_PRICED'> | undefined {
  const gone = named.flatMap(({ symbol }) => departed?.get(symbol) ?? []);
  if (gone.length > 0) {
    return refuse('NAME_OFF_MARKET', `expected names that trade, was: ${shownNames(gone)}`);
  }
  const unpriced = unpricedCurrencies(named, currency, fx);
  if (unpriced.length === 0) return undefined;
  return refuse('CURRENCY_NOT_PRICED', `no exchange rate is known for ${shownNames(unpriced)}`);
}

/** Currencies that cannot be brought together; none when all are the basket's own. */
function unpricedCurrencies(
  named: readonly KnownInstrument[],
  currency: string,
  fx: FxSnapshot,
): string[] {
  const foreign = named.map((each) => each.currency).filter((each) => each !== currency);
  if (foreign.length === 0) return [];
  return [...new Set<string>([currency, ...foreign])].filter((each) => !isPricedCurrency(fx, each));
}

function weightsFault(proposed: readonly ProposedConstituent[], weighting: WeightingScheme) {
  if (weighting !== 'FIXED') {
    const given = proposed.filter((each) => each.weight !== null).map(({ symbol }) => symbol);
    if (given.length === 0) return undefined;
    return refuse(
      'WEIGHT_NOT_EXPECTED' as const,
      `weights are left out for ${weighting}, was given for ${shownNames(given)}`,
    );
  }
  const missing = proposed.filter((each) => each.weight === null).map(({ symbol }) => symbol);
  if (missing.length > 0) {
    return refuse(
      'WEIGHT_MISSING' as const,
      `every weight is given for ${weighting}, was missing for ${shownNames(missing)}`,
    );
  }
  const tooSmall = proposed.find((each) => (each.weight ?? 0n) <= 0n);
  if (tooSmall) {
    return refuse(
      'NEGATIVE_OR_ZERO_WEIGHT' as const,
      `weights are above 0, was ${formatDecimal(tooSmall.weight ?? 0n)} for ${tooSmall.symbol}`,
    );
  }
  const sum = proposed.reduce((total, each) => total + (each.weight ?? 0n), 0n);
  if (sum === ONE) return undefined;
  return refuse(
    'WEIGHTS_DO_NOT_SUM_TO_ONE' as const,
    `weights sum to 1 exactly, was ${formatDecimal(sum)}`,
  );
}

/**
 * The content of a version as text: equal for equal content in any order of names. What an approval
 * binds to is the hash of this: names, weights, the rule, and all that the weights were found from.
 */
export function canonicalContent(content: {
  readonly currency: string;
  readonly weighting: WeightingScheme;
  readonly weighing: Weighing | null;
  readonly constituents: readonly Constituent[];
}): string {
  const names = content.constituents
    .map((each) => [each.symbol, each.instrumentId, formatDecimal(each.weight)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { currency, weighting, weighing } = content;
  if (weighing === null) return JSON.stringify([1, currency, weighting, names]);
  return JSON.stringify([2, currency, weighting, names, canonicalWeighing(weighing)]);
}
