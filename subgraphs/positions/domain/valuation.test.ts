import { describe, expect, test } from 'vitest';
import { price } from '#kernel/money';
import { date, money, units } from './tax-lot-test-support.ts';
import { type ValuationFacts, type ValuationPrice, valuationOf } from './valuation.ts';

const CLOSE: ValuationPrice = {
  kind: 'DAILY_CLOSE',
  price: price(money('12')),
  currency: 'USD',
  date: date('2026-03-06'),
  asOfMs: null,
  source: 'sample',
};
const LAST: ValuationPrice = {
  ...CLOSE,
  kind: 'LAST_PRICE',
  date: null,
  asOfMs: Date.parse('2026-03-06T23:59:59Z'),
};
const FACTS: ValuationFacts = {
  quantity: units('-50'),
  currency: 'USD',
  price: CLOSE,
  unitsChangedOn: null,
};

describe('the value of a position', () => {
  test('is quantity x price, below zero when short', () => {
    expect(valuationOf(FACTS)).toEqual({ price: CLOSE, marketValue: money('-600'), gap: null });
  });

  test.each<[string, Partial<ValuationFacts>, object]>([
    ['no price', { price: null }, { marketValue: null, gap: 'NO_PRICE' }],
    ['another currency', { currency: 'EUR' }, { marketValue: null, gap: 'OTHER_CURRENCY' }],
    [
      'a split after the close',
      { unitsChangedOn: date('2026-03-07') },
      { marketValue: null, gap: 'LATER_CORPORATE_ACTION' },
    ],
    ['a split on the day of the close', { unitsChangedOn: date('2026-03-06') }, { gap: null }],
    [
      'a split after a last price',
      { price: LAST, unitsChangedOn: date('2026-03-07') },
      { marketValue: null, gap: 'LATER_CORPORATE_ACTION' },
    ],
    ['a split on its day', { price: LAST, unitsChangedOn: date('2026-03-06') }, { gap: null }],
    ['nothing open', { quantity: units('0'), price: null }, { marketValue: money('0'), gap: null }],
  ])('with %s', (_case, changes, expected) => {
    expect(valuationOf({ ...FACTS, ...changes })).toMatchObject(expected);
  });
});
