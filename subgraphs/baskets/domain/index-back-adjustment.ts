/**
 * Back-adjustment of a price history: factors that make closes before a corporate action comparable
 * with those after it. Raw prices and factors are kept, adjusted ones always derived: the next
 * action changes the whole history.
 */

import type { BusinessDate } from '#kernel/business-date';
import { divideHalfEven } from '#kernel/decimal';
import { type Price, price, type Quantity, quantity } from '#kernel/money';

/** Scale of a factor: 1e-24, so that the product of a hundred keeps the digits of a price. */
export const FACTOR_UNIT = 10n ** 24n;

export type PriceAction =
  | { readonly kind: 'SPLIT'; readonly newShares: bigint; readonly oldShares: bigint }
  /** Per share, regular or special. */
  | { readonly kind: 'DIVIDEND'; readonly dividend: Price; readonly previousClose: Price }
  | { readonly kind: 'RIGHTS'; readonly exRightsPrice: Price; readonly previousClose: Price }
  | { readonly kind: 'SPIN_OFF'; readonly childValue: Price; readonly previousClose: Price };

/** Multiplies every price before the ex-date, at 1e-24 half-even. */
export function factorOf(action: PriceAction): bigint {
  switch (action.kind) {
    case 'SPLIT':
      return divideHalfEven(action.oldShares * FACTOR_UNIT, action.newShares);
    case 'DIVIDEND':
      return ratio(action.previousClose - action.dividend, action.previousClose);
    case 'RIGHTS':
      return ratio(action.exRightsPrice, action.previousClose);
    case 'SPIN_OFF':
      return ratio(action.previousClose - action.childValue, action.previousClose);
  }
}

const ratio = (above: bigint, below: bigint) => divideHalfEven(above * FACTOR_UNIT, below);

export interface DatedAction {
  readonly exDate: BusinessDate;
  readonly action: PriceAction;
}

/** What a price of `date` is multiplied with: the product of all factors with a later ex-date. */
export function cumulativeFactor(actions: readonly DatedAction[], date: BusinessDate): bigint {
  return productOf(actions.filter(({ exDate }) => exDate > date));
}

function productOf(actions: readonly DatedAction[]): bigint {
  return actions.reduce(
    (product, { action }) => divideHalfEven(product * factorOf(action), FACTOR_UNIT),
    FACTOR_UNIT,
  );
}

/** Raw price x factor, half-even to 1e-8. */
export function adjustedPrice(raw: Price, factor: bigint): Price {
  return price(divideHalfEven(raw * factor, FACTOR_UNIT));
}

/** Raw volume over the factors of splits alone: a dividend changes no number of shares. */
export function adjustedVolume(
  raw: Quantity,
  actions: readonly DatedAction[],
  date: BusinessDate,
): Quantity {
  const splits = actions.filter(({ exDate, action }) => exDate > date && action.kind === 'SPLIT');
  return quantity(divideHalfEven(raw * FACTOR_UNIT, productOf(splits)));
}
