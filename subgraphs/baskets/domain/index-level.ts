/**
 * Level, market value and divisor of an index, exact in scaled integers:
 *
 *     units, price, level   1e-8
 *     fx factor             1e-16
 *     market value          1e-32, the product of units, price and fx factor, never rounded
 *     divisor               1e-24, so that it times a level is a market value, and a chain of a
 *                           thousand changes of a small index still gives the same level at 1e-8
 */

import { type Decimal, divideHalfEven } from '#kernel/decimal';
import type { Price, Quantity } from '#kernel/money';

export type Level = Decimal & { readonly brand: 'Level' };
export type Divisor = bigint & { readonly brand: 'Divisor' };
export type MarketValue = bigint & { readonly brand: 'MarketValue' };
/** Units of the index currency for one unit of the instrument's currency x 10^16. */
export type FxFactor = bigint & { readonly brand: 'FxFactor' };

export const FX_UNIT = 10n ** 16n;
export const SAME_CURRENCY = FX_UNIT as FxFactor;
export const DIVISOR_PLACES = 24;

export const level = (value: bigint): Level => value as Level;
export const divisor = (value: bigint): Divisor => value as Divisor;
export const fxFactorOf = (value: bigint): FxFactor => value as FxFactor;

export interface ValuedHolding {
  readonly units: Quantity;
  readonly price: Price;
  readonly fx: FxFactor;
}

/** Sum of units x price x fx, exact. */
export function marketValue(holdings: readonly ValuedHolding[]): MarketValue {
  return holdings.reduce((sum, each) => sum + valueOf(each), 0n) as MarketValue;
}

export function valueOf({ units, price, fx }: ValuedHolding): MarketValue {
  return (units * price * fx) as MarketValue;
}

/** MV / D, rounded half-even once to 1e-8. The divisor must not be zero. */
export function levelOf(value: MarketValue, by: Divisor): Level {
  return divideHalfEven(value, by) as Level;
}

/** D = MV / level, rounded half-even to 1e-24: what makes the market value stand at this level. */
export function divisorFor(value: MarketValue, target: Level): Divisor {
  return divideHalfEven(value, target) as Divisor;
}

/**
 * The divisor after a change that no market made (a name in or out, a split, a special dividend):
 * D x MV after / MV before, both at the same closing prices, so that the level stays. Half-even to
 * 1e-24.
 */
export function divisorAfterChange(
  by: Divisor,
  change: { readonly before: MarketValue; readonly after: MarketValue },
): Divisor {
  return divideHalfEven(by * change.after, change.before) as Divisor;
}
