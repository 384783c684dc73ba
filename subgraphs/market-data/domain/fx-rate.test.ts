import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, rate } from '#kernel/money';
import {
  fxRateOf,
  MAX_CARRY_FORWARD_DAYS,
  newestBusinessDay,
  type SourcedFixing,
} from './fx-rate.ts';

const DAY = businessDate('2026-04-13');

const fixing = (currency: string, unitsPerEur: string, fixedOn = DAY): SourcedFixing => ({
  currency: currencyCode(currency),
  fixedOn,
  unitsPerEur: rate(decimal(unitsPerEur)),
  source: 'ECB',
});
const rateOf = (pair: string, ...fixings: SourcedFixing[]) => {
  const [base = '', quote = ''] = pair.split('/');
  return fxRateOf({
    base: currencyCode(base),
    quote: currencyCode(quote),
    asOf: DAY,
    dueOn: DAY,
    newest: new Map(fixings.map((each) => [each.currency, each])),
  });
};

describe('MD-2 rates from fixings per euro', () => {
  const USD = fixing('USD', '1.1684');
  const JPY = fixing('JPY', '186.75');

  // Quotients by Python's decimal at 40 digits, rounded half-even to 8 places.
  test.each([
    ['EUR/USD', '1.1684', null],
    ['USD/EUR', '0.85587128', null],
    ['USD/JPY', '159.83396097', 'EUR'],
    ['JPY/USD', '0.00625649', 'EUR'],
  ])('%s is %s', (pair, expected, through) => {
    const found = rateOf(pair, USD, JPY);
    expect(found && formatDecimal(found.rate)).toBe(expected);
    expect(found).toMatchObject({
      triangulatedThrough: through,
      fixedOn: DAY,
      isCarriedForward: false,
      source: 'ECB',
    });
  });

  test('a currency in itself is 1, whether it has fixings or not', () => {
    expect(rateOf('CHF/CHF')).toMatchObject({
      rate: decimal('1'),
      fixedOn: DAY,
      triangulatedThrough: null,
      isCarriedForward: false,
    });
    expect(rateOf('EUR/EUR')).toMatchObject({ rate: decimal('1') });
    expect(rateOf('XYZ/XYZ', fixing('XYZ', '2'))).toMatchObject({ rate: decimal('1') });
  });

  test('a code that is neither in ISO 4217 nor has fixings has no rate in itself', () => {
    expect(rateOf('XYZ/XYZ')).toBeNull();
  });

  test('the newest fixing is carried forward when a later one is due', () => {
    const newest = new Map([[currencyCode('USD'), fixing('USD', '1.1684')]]);
    const wish = { base: currencyCode('EUR'), quote: currencyCode('USD'), asOf: DAY, newest };
    const dueOn = (text: string) =>
      fxRateOf({ ...wish, dueOn: newestBusinessDay(businessDate(text)) });
    expect(dueOn('2026-04-13')).toMatchObject({ isCarriedForward: false, fixedOn: DAY });
    expect(dueOn('2026-04-14')).toMatchObject({ isCarriedForward: true, fixedOn: DAY });
    expect(dueOn('2026-11-20')).toMatchObject({ isCarriedForward: true, rate: decimal('1.1684') });
  });

  test.each([
    ['2026-11-20', '2026-11-20'],
    ['2026-11-21', '2026-11-20'],
    ['2026-11-22', '2026-11-20'],
    ['2026-11-23', '2026-11-23'],
  ])('on %s the newest business day is %s', (today, expected) => {
    expect(newestBusinessDay(businessDate(today))).toBe(expected);
  });

  test('a currency without fixings has no rate', () => {
    expect(rateOf('EUR/XXX')).toBeNull();
    expect(rateOf('XXX/USD', USD)).toBeNull();
  });

  test('the older of the two legs dates a triangulated rate', () => {
    const older = fixing('JPY', '186.75', addDays(DAY, -3));
    expect(rateOf('USD/JPY', USD, older)).toMatchObject({
      fixedOn: '2026-04-10',
      isCarriedForward: true,
    });
  });

  test('a fixing is carried forward over a closure, and not for ever', () => {
    const aged = (days: number) => rateOf('EUR/USD', fixing('USD', '1.2', addDays(DAY, -days)));
    expect(aged(1)).toMatchObject({ isCarriedForward: true, fixedOn: '2026-04-12' });
    expect(aged(MAX_CARRY_FORWARD_DAYS)).toMatchObject({ isCarriedForward: true });
    expect(aged(MAX_CARRY_FORWARD_DAYS + 1)).toBeNull();
    expect(aged(-1)).toBeNull();
  });

  test('there and back is 1 within the rounding of the two', () => {
    const units = fc.bigInt({ min: 10_000_000n, max: 10_000_000_000_000n });
    fc.assert(
      fc.property(units, units, (a, b) => {
        const legs = [fixing('AAA', formatDecimal(a)), fixing('BBB', formatDecimal(b))];
        const there = rateOf('AAA/BBB', ...legs)?.rate ?? 0n;
        // Each is off by at most half a unit of 1e-8: exact quotient x euro units of the base.
        const exact = b * 100_000_000n;
        const error = there * a - exact;
        expect(2n * (error < 0n ? -error : error) <= a).toBe(true);
      }),
    );
  });
});
