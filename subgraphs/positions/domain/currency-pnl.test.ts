import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amount, rate } from '#kernel/money';
import { currencyPnl, sumCurrencyPnl } from './currency-pnl.ts';
import { money } from './tax-lot-test-support.ts';

const fx = (text: string) => rate(money(text));

describe('golden [G-17]: 100 at EUR 20 and 1.10, now 23 and 1.05', () => {
  const bought = { basis: money('2000'), rateOfBasis: fx('1.10') };
  const now = { value: money('2300'), rateOfValue: fx('1.05') };

  test('unrealized 215 is 315 of the price and -100 of the rate', () => {
    expect(currencyPnl({ ...bought, ...now })).toEqual({
      total: money('215'),
      pricePart: money('315'),
      fxPart: money('-100'),
    });
  });

  test('a sale realizes each lot at the rate of its own trade date', () => {
    const older = currencyPnl({ ...bought, ...now });
    const younger = currencyPnl({
      value: money('230'),
      basis: money('210'),
      rateOfValue: fx('1.05'),
      rateOfBasis: fx('1'),
    });
    expect(sumCurrencyPnl([older, younger])).toEqual({
      // 241.50 - 210 = 31.50: price 20 x 1.05 = 21, rate 210 x 0.05 = 10.50.
      total: money('246.5'),
      pricePart: money('336'),
      fxPart: money('-89.5'),
    });
  });

  test('a short of the same is its mirror', () => {
    const short = currencyPnl({
      value: money('-2300'),
      basis: money('-2000'),
      rateOfValue: fx('1.05'),
      rateOfBasis: fx('1.10'),
    });
    expect(short).toEqual({
      total: money('-215'),
      pricePart: money('-315'),
      fxPart: money('100'),
    });
  });
});

test('the parts add up to the last digit, and the rate makes nothing when it stands still', () => {
  const any = fc.bigInt(-(10n ** 15n), 10n ** 15n);
  const anyRate = fc.bigInt(1n, 10n ** 10n);
  fc.assert(
    fc.property(any, any, anyRate, anyRate, (value, basis, rateOfValue, rateOfBasis) => {
      const gain = {
        value: amount(value),
        basis: amount(basis),
        rateOfValue: rate(rateOfValue),
        rateOfBasis: rate(rateOfBasis),
      };
      const { total, pricePart, fxPart } = currencyPnl(gain);
      expect(pricePart + fxPart).toBe(total);
      const still = currencyPnl({ ...gain, rateOfBasis: gain.rateOfValue });
      // Three roundings of half a unit each are all that can be left.
      expect(still.fxPart >= -1n && still.fxPart <= 1n).toBe(true);
    }),
  );
});

test('of no lots at all, nothing', () => {
  expect(sumCurrencyPnl([])).toEqual({ total: 0n, pricePart: 0n, fxPart: 0n });
});
