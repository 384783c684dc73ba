/** One level at closing prices, before and after the composition of an index changed. */

import { type Price, type Quantity, quantity, type Weight, weight } from '#kernel/money';
import type { BasketVersion, IndexBase } from './basket.ts';
import type { Constituent } from './composition.ts';
import { type IndexAtClose, sizesOf } from './corporate-action-index.ts';
import { type FxSnapshot, fxFactor } from './fx-snapshot.ts';
import { indexUnits } from './index-base.ts';
import { type FxFactor, type Level, levelOf, marketValue } from './index-level.ts';
import { roundToOne } from './weights.ts';

/** Closes of one day, in the currency of each name, and the rates of the same day. */
export interface ClosingPrices {
  readonly currency: string;
  readonly closes: ReadonlyMap<string, Price>;
  readonly fx: FxSnapshot;
}

export type Valued<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

interface PricedName {
  readonly constituent: Constituent;
  readonly price: Price;
  readonly fx: FxFactor;
}

function pricedNames(
  constituents: readonly Constituent[],
  { currency, closes, fx }: ClosingPrices,
): Valued<readonly PricedName[]> {
  const names: PricedName[] = [];
  for (const constituent of constituents) {
    const close = closes.get(constituent.symbol);
    const factor = fxFactor(fx, constituent.currency, currency);
    if (close === undefined) return { ok: false, message: `${constituent.symbol} has no close` };
    if (factor === undefined) {
      return { ok: false, message: `no rate from ${constituent.currency} to ${currency}` };
    }
    names.push({ constituent, price: close, fx: factor });
  }
  return { ok: true, value: names };
}

/** Level of a version with a base at these closes. */
export function closingLevel(
  version: Pick<BasketVersion, 'constituents' | 'base'>,
  prices: ClosingPrices,
): Valued<Level> {
  const { base } = version;
  if (base === null) return { ok: false, message: 'the index has no units yet' };
  const names = pricedNames(version.constituents, prices);
  if (!names.ok) return names;
  return { ok: true, value: levelOf(valueWith(names.value, base.units), base.divisor) };
}

function valueWith(names: readonly PricedName[], units: readonly Quantity[]) {
  return marketValue(
    names.map(({ price, fx }, at) => ({ units: units[at] ?? quantity(0n), price, fx })),
  );
}

export interface NewBase {
  readonly base: IndexBase;
  readonly levelAfter: Level;
}

/** Units of the new weights at these closes, and the divisor that keeps the level. */
export function baseAtCloses(
  constituents: readonly Constituent[],
  prices: ClosingPrices,
  { level, atMs }: { readonly level: Level; readonly atMs: number },
): Valued<NewBase> {
  const names = pricedNames(constituents, prices);
  if (!names.ok) return names;
  const based = indexUnits(
    names.value.map(({ constituent, price, fx }) => ({ weight: constituent.weight, price, fx })),
    level,
  );
  if (!based) {
    return { ok: false, message: 'prices are so far apart that units cannot hold the weights' };
  }
  const levelAfter = levelOf(valueWith(names.value, based.units), based.divisor);
  return { ok: true, value: { base: { ...based, level, basedAtMs: atMs }, levelAfter } };
}

/** What each position is of the whole, summing to exactly 1; one without a value has 1e-8. */
export function driftedWeights(index: IndexAtClose): readonly Weight[] {
  const rounded = roundToOne(sizesOf(index));
  const nothing = BigInt(rounded.filter((each) => each === 0n).length);
  const largest = rounded.reduce((best, each, at) => (each > (rounded[best] ?? 0n) ? at : best), 0);
  return rounded.map((each, at) => {
    if (each === 0n) return weight(1n);
    return at === largest ? weight(each - nothing) : each;
  });
}
