/** What a basket is made of: names and weights, checked and completed. */

import { formatDecimal, ONE } from '#kernel/decimal';
import { type Refusal, refuse } from '#kernel/decision';
import { type CurrencyCode, type Weight, weight } from '#kernel/money';
import { type FxSnapshot, isPricedCurrency } from './fx-snapshot.ts';
import type { BasketRefusalReason } from './refusal-reason.ts';
import { equalWeights } from './weights.ts';

export const WEIGHTINGS = ['EQUAL', 'FIXED'] as const;
/** EQUAL: the same weight each, computed here. FIXED: the weights given. */
export type Weighting = (typeof WEIGHTINGS)[number];

export const MAX_CONSTITUENTS = 1_000;
const MAX_SYMBOLS_SHOWN = 10;

export interface ProposedConstituent {
  readonly symbol: string;
  /** Null when left out. */
  readonly weight: bigint | null;
}

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
}

export type CompositionResult =
  | { readonly ok: true; readonly constituents: readonly Constituent[] }
  | Refusal<BasketRefusalReason>;

/**
 * Names in the order given, with weights that sum to exactly 1. Equal weights are rounded to 8
 * places by largest remainder, ties in order of symbol; given weights are taken as they are.
 */
export function compose(
  proposal: {
    readonly currency: string;
    readonly weighting: Weighting;
    readonly constituents: readonly ProposedConstituent[];
  },
  known: ReferenceData,
): CompositionResult {
  const { constituents: proposed, currency, weighting } = proposal;
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
    return refuse('DUPLICATE_SYMBOL', `each symbol stands once, was repeated: ${some(repeated)}`);
  }
  const named = symbols.flatMap((symbol) => known.instruments.get(symbol) ?? []);
  if (named.length < symbols.length) {
    const unknown = symbols.filter((symbol) => !known.instruments.has(symbol));
    return refuse('UNKNOWN_SYMBOL', `no instrument has the symbol ${some(unknown)}`);
  }
  const unpriced = unpricedCurrencies(named, currency, known.fx);
  if (unpriced.length > 0) {
    return refuse('CURRENCY_NOT_PRICED', `no exchange rate is known for ${some(unpriced)}`);
  }
  const weights = weightsOf(proposed, weighting);
  if (!weights.ok) return weights;
  return {
    ok: true,
    constituents: named.map((instrument, at) => ({
      symbol: instrument.symbol,
      instrumentId: instrument.instrumentId,
      currency: instrument.currency,
      weight: weights.weights[at] ?? weight(0n),
    })),
  };
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

function weightsOf(
  proposed: readonly ProposedConstituent[],
  weighting: Weighting,
): { readonly ok: true; readonly weights: readonly Weight[] } | Refusal<BasketRefusalReason> {
  if (weighting === 'EQUAL') {
    const given = proposed.filter((each) => each.weight !== null).map(({ symbol }) => symbol);
    if (given.length > 0) {
      return refuse(
        'WEIGHT_NOT_EXPECTED',
        `weights are left out for EQUAL, was given for ${some(given)}`,
      );
    }
    return { ok: true, weights: equalWeights(proposed.map(({ symbol }) => symbol)) };
  }
  const missing = proposed.filter((each) => each.weight === null).map(({ symbol }) => symbol);
  if (missing.length > 0) {
    return refuse(
      'WEIGHT_MISSING',
      `every weight is given for ${weighting}, was missing for ${some(missing)}`,
    );
  }
  const weights = proposed.map((each) => weight(each.weight ?? 0n));
  const tooSmall = proposed.find((each) => (each.weight ?? 0n) <= 0n);
  if (tooSmall) {
    return refuse(
      'NEGATIVE_OR_ZERO_WEIGHT',
      `weights are above 0, was ${formatDecimal(tooSmall.weight ?? 0n)} for ${tooSmall.symbol}`,
    );
  }
  const sum = weights.reduce((total, each) => total + each, 0n);
  if (sum !== ONE) {
    return refuse(
      'WEIGHTS_DO_NOT_SUM_TO_ONE',
      `weights sum to 1 exactly, was ${formatDecimal(sum)}`,
    );
  }
  return { ok: true, weights };
}

/**
 * The content of a version as text: equal for equal content in any order of names. What an approval
 * binds to is the hash of this.
 */
export function canonicalContent(content: {
  readonly currency: string;
  readonly weighting: Weighting;
  readonly constituents: readonly Constituent[];
}): string {
  const names = content.constituents
    .map((each) => [each.symbol, each.instrumentId, formatDecimal(each.weight)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([1, content.currency, content.weighting, names]);
}

function some(symbols: readonly string[]): string {
  const shown = symbols.slice(0, MAX_SYMBOLS_SHOWN).join(', ');
  const more = symbols.length - MAX_SYMBOLS_SHOWN;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
