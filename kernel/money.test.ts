import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from './decimal.ts';
import {
  addMoney,
  amount,
  convertMoney,
  currencyCode,
  MAX_SCALED,
  notional,
  parseCurrencyCode,
  parsePrice,
  price,
  priceRatio,
  quantity,
  rate,
} from './money.ts';

const USD = currencyCode('USD');
const EUR = currencyCode('EUR');
const usd = (text: string) => ({ amount: amount(decimal(text)), currency: USD });

describe('money', () => {
  test('price times quantity is exact to 1e-8', () => {
    const total = notional(price(decimal('187.505')), quantity(decimal('-3.2')));
    expect(formatDecimal(total)).toBe('-600.016');
  });

  test('adds in one currency and refuses two', () => {
    expect(addMoney(usd('1.10'), usd('2.20'))).toEqual(usd('3.3'));
    const euros = { amount: amount(1n), currency: EUR };
    expect(() => addMoney(usd('1'), euros)).toThrow('cannot add EUR to USD without a rate');
  });

  test('is converted by a rate that is given', () => {
    const converted = convertMoney(usd('100'), EUR, rate(decimal('0.85587128')));
    expect(converted).toEqual({ amount: decimal('85.587128'), currency: 'EUR' });
  });

  test('the ratio of two prices is a plain decimal; of zero there is none', () => {
    expect(formatDecimal(priceRatio(price(decimal('2')), price(decimal('3'))))).toBe('0.66666667');
    expect(() => priceRatio(price(1n), price(0n))).toThrow('division by zero');
  });
});

test('a price is at most what a Postgres bigint of 1e-8 holds', () => {
  expect(parsePrice('92233720368.54775807')).toEqual({ ok: true, value: MAX_SCALED });
  expect(parsePrice('92233720368.54775808').ok).toBe(false);
  expect(parsePrice('-92233720368.54775808').ok).toBe(false);
  expect(parsePrice('NaN').ok).toBe(false);
});

test.each([
  ['USD', true],
  ['BTC', true],
  ['USDT', true],
  ['usd', false],
  ['US', false],
  ['1INCH', false],
  ['ABCDEFGHIJK', false],
  ['', false],
])('"%s" is a currency code: %s', (text, isCode) => {
  expect(parseCurrencyCode(text) !== undefined).toBe(isCode);
});
