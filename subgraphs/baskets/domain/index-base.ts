/** From weights to units: the base of an index, and whole lots for a basket really bought. */

import { type Decimal, DECIMAL_UNIT, divideHalfEven } from '#kernel/decimal';
import {
  type Amount,
  amount,
  MAX_SCALED,
  type Price,
  type Quantity,
  quantity,
  type Weight,
} from '#kernel/money';
import {
  type Divisor,
  divisorFor,
  type FxFactor,
  type Level,
  marketValue,
  FX_UNIT,
} from './index-level.ts';

export interface WeightedPrice {
  readonly weight: Weight;
  readonly price: Price;
  readonly fx: FxFactor;
}

export interface IndexUnits {
  /** Per constituent, in the order given, at 8 decimals. */
  readonly units: readonly Quantity[];
  readonly divisor: Divisor;
}

/** Notionals, as powers of ten of the index currency. */
const USUAL_NOTIONAL_POWER = 6;
const LARGEST_NOTIONAL_POWER = 12;
/** 0.005 units: half of 1e-8 is 1e-6 of it. */
const SMALLEST_COUNT = 500_000n;

/**
 * Units in proportion to the weights at these prices, and the divisor that puts the index at
 * `target`.
 *
 * u = w V / (p fx), half-even to 1e-8. V is the smallest power of ten from 10^6 to 10^12 that gives
 * every name at least one unit, so that rounding moves no weight by more than 5e-9 of itself; below
 * that, the largest at which every count fits a bigint. Undefined when some count is then so small
 * that rounding would move a weight by more than 1e-6 of itself.
 */
export function indexUnits(names: readonly WeightedPrice[], target: Level): IndexUnits | undefined {
  const countsAt = (power: number) => names.map((name) => unitsOf(name, 10n ** BigInt(power)));
  const fits = (counts: readonly Quantity[]) => counts.every((each) => each <= MAX_SCALED);
  let power = USUAL_NOTIONAL_POWER;
  let units = countsAt(power);
  while (!fits(units) && power > 0) units = countsAt((power -= 1));
  while (units.some((each) => each < DECIMAL_UNIT) && power < LARGEST_NOTIONAL_POWER) {
    const more = countsAt((power += 1));
    if (!fits(more)) break;
    units = more;
  }
  if (!fits(units) || units.some((each) => each < SMALLEST_COUNT)) return undefined;
  const value = marketValue(
    names.map(({ price, fx }, at) => ({ units: units[at] ?? quantity(0n), price, fx })),
  );
  return { units, divisor: divisorFor(value, target) };
}

function unitsOf({ weight, price, fx }: WeightedPrice, notional: bigint): Quantity {
  // weight and price are both 1e-8, so that only the scales of fx and of the result remain.
  return quantity(divideHalfEven(weight * notional * FX_UNIT * DECIMAL_UNIT, price * fx));
}

export interface WholeLots {
  readonly quantities: readonly Quantity[];
  /** What is left of the value, never negative. */
  readonly cash: Amount;
}

/**
 * What the value buys in whole lots: each quantity floored to its lot, the rest kept as cash.
 * Shares are proportions, such as weights or plain 1s; prices in the currency of the value.
 */
export function wholeLots(
  value: Amount,
  names: readonly { readonly share: bigint; readonly price: Price; readonly lot: Quantity }[],
): WholeLots {
  const total = names.reduce((sum, { share }) => sum + share, 0n);
  const quantities = names.map(({ share, price, lot }) =>
    quantity(((value * share * DECIMAL_UNIT) / (total * price * lot)) * lot),
  );
  const spent = names.reduce((sum, { price }, at) => sum + price * (quantities[at] ?? 0n), 0n);
  return { quantities, cash: amount((value as Decimal) - divideHalfEven(spent, DECIMAL_UNIT)) };
}
