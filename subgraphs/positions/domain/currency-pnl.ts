/** Gains of an instrument in another currency: how much the price made, how much the rate. */

import { multiply } from '#kernel/decimal';
import { type Amount, amount, type Rate } from '#kernel/money';

/** In the base currency. */
export interface CurrencyPnl {
  /** pricePart + fxPart, exactly. */
  readonly total: Amount;
  readonly pricePart: Amount;
  readonly fxPart: Amount;
}

export interface LocalGain {
  /** In the instrument's currency: market value of what is open, or proceeds of what is sold. */
  readonly value: Amount;
  /** In the instrument's currency: carrying basis of what is open, or what left with the units. */
  readonly basis: Amount;
  /** Base units per unit of the instrument's currency: now, or on the date of the sale. */
  readonly rateOfValue: Rate;
  /** The same on the lot's trade date; after a price reset, on the date of the last reset. */
  readonly rateOfBasis: Rate;
}

/**
 * Gain of one lot in the base currency, unrealized or realized: the price at the present rate, the
 * rate on the cost. (The other convention takes the old rate for the price and the value for the
 * rate; the totals are the same.)
 *
 * total = value x rateOfValue - basis x rateOfBasis, each rounded half-even once to 1e-8; the price
 * part, (value - basis) x rateOfValue, is rounded likewise and the rate part takes the rest, so the
 * parts always add up.
 */
export function currencyPnl({ value, basis, rateOfValue, rateOfBasis }: LocalGain): CurrencyPnl {
  const total = multiply(value, rateOfValue) - multiply(basis, rateOfBasis);
  const pricePart = multiply(value - basis, rateOfValue);
  return {
    total: amount(total),
    pricePart: amount(pricePart),
    fxPart: amount(total - pricePart),
  };
}

/** Gains of many lots as one; all zero for none. */
export function sumCurrencyPnl(perLot: readonly CurrencyPnl[]): CurrencyPnl {
  const sumOf = (part: keyof CurrencyPnl): Amount =>
    amount(perLot.reduce((sum, each) => sum + each[part], 0n));
  return { total: sumOf('total'), pricePart: sumOf('pricePart'), fxPart: sumOf('fxPart') };
}
