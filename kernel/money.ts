/** Quantities, prices, weights and money: branded decimals, so that they cannot be mixed up. */

import { type Decimal, divide, formatDecimal, multiply, parseDecimal } from './decimal.ts';
import type { ParsedDecimal } from './decimal.ts';

/** Units of an instrument x 10^8; negative for a short. */
export type Quantity = Decimal & { readonly brand: 'Quantity' };
/** Money for one unit of an instrument x 10^8. */
export type Price = Decimal & { readonly brand: 'Price' };
/** Fraction of a whole x 10^8; 1 is 100 %. */
export type Weight = Decimal & { readonly brand: 'Weight' };
/** An amount in a currency stated elsewhere x 10^8. */
export type Amount = Decimal & { readonly brand: 'Amount' };
/** Units of the quote currency for one unit of the base currency x 10^8. */
export type Rate = Decimal & { readonly brand: 'Rate' };
/** ISO 4217 code, or the code of a crypto currency. */
export type CurrencyCode = string & { readonly brand: 'CurrencyCode' };

export interface Money {
  readonly amount: Amount;
  readonly currency: CurrencyCode;
}

/** Largest price or quantity: what a Postgres bigint of 1e-8 units holds. */
export const MAX_SCALED = 9_223_372_036_854_775_807n;

const CURRENCY_CODE = /^[A-Z][A-Z0-9]{2,9}$/;

export const quantity = (value: bigint): Quantity => value as Quantity;
export const price = (value: bigint): Price => value as Price;
export const weight = (value: bigint): Weight => value as Weight;
export const amount = (value: bigint): Amount => value as Amount;
export const rate = (value: bigint): Rate => value as Rate;

export const parseQuantity = (text: string): ParsedDecimal<Quantity> => bounded<Quantity>(text);
export const parsePrice = (text: string): ParsedDecimal<Price> => bounded<Price>(text);
export const parseWeight = (text: string): ParsedDecimal<Weight> => bounded<Weight>(text);

function bounded<T extends bigint>(text: string): ParsedDecimal<T> {
  const parsed = parseDecimal(text);
  if (!parsed.ok) return parsed;
  if (parsed.value > MAX_SCALED || parsed.value < -MAX_SCALED) {
    return { ok: false, message: `expected at most ${formatDecimal(MAX_SCALED)}, was "${text}"` };
  }
  return { ok: true, value: parsed.value as bigint as T };
}

/** Undefined unless the text is three to ten upper-case letters and digits, letter first. */
export function parseCurrencyCode(text: string): CurrencyCode | undefined {
  return CURRENCY_CODE.test(text) ? (text as CurrencyCode) : undefined;
}

/** Reads a code that our own code or database wrote; throws on anything else. */
export function currencyCode(text: string): CurrencyCode {
  const code = parseCurrencyCode(text);
  if (code === undefined) throw new RangeError(`expected a currency code, was "${text}"`);
  return code;
}

/** price x quantity, rounded half-even once to 1e-8. */
export function notional(unitPrice: Price, units: Quantity): Amount {
  return multiply(unitPrice, units) as bigint as Amount;
}

/** Adds money of one currency; throws on two. */
export function addMoney(a: Money, b: Money): Money {
  if (a.currency !== b.currency) {
    throw new RangeError(`cannot add ${b.currency} to ${a.currency} without a rate`);
  }
  return { amount: amount(a.amount + b.amount), currency: a.currency };
}

/** Converts at `fxRate` units of `to` per unit of the money's own currency, half-even to 1e-8. */
export function convertMoney(money: Money, to: CurrencyCode, fxRate: Rate): Money {
  return { amount: multiply(money.amount, fxRate) as bigint as Amount, currency: to };
}

/** price / price: a plain ratio, half-even to 1e-8. Throws on a zero divisor. */
export function priceRatio(a: Price, b: Price): Decimal {
  return divide(a, b);
}
