import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { price, quantity } from '#kernel/money';
import { barFault, type BarPrices } from './bar.ts';

const bar = (texts: Partial<Record<keyof BarPrices, string>>): BarPrices => {
  const of = (field: keyof BarPrices) => {
    const text = texts[field];
    return text === undefined ? null : price(decimal(text));
  };
  const volume = of('volume');
  return {
    open: of('open'),
    high: of('high'),
    low: of('low'),
    close: of('close') ?? price(decimal('10')),
    volume: volume === null ? null : quantity(volume),
  };
};
const PRICES = { mayBeNegative: false };

describe('MD-3 a bar', () => {
  test.each([
    ['with all fields in order', { open: '10', high: '11', low: '9', close: '10' }],
    ['with only a close', { close: '0.00000001' }],
    ['with one price for all', { open: '10', high: '10', low: '10', close: '10' }],
    ['without a high', { open: '12', low: '9', close: '10' }],
    ['without volume traded', { close: '10', volume: '0' }],
  ])('%s is right', (_what, texts) => {
    expect(barFault(bar(texts), PRICES)).toBeUndefined();
  });

  // The rows are from the 505-stock file: BBY 2016-03-14, AOS and CHD 2014-05-19.
  test.each([
    [
      { open: '33.55', high: '33.75', low: '33.08', close: '32.72' },
      'expected close >= low, was 32.72 < 33.08',
    ],
    [
      { open: '23.89', high: '23.595', low: '23.85', close: '24.445' },
      'expected low <= high, was 23.85 > 23.595',
    ],
    [
      { open: '18.77', high: '33.9525', low: '33.695', close: '33.895' },
      'expected open >= low, was 18.77 < 33.695',
    ],
    [{ open: '12', high: '11', close: '10' }, 'expected open <= high, was 12 > 11'],
    [{ high: '9', close: '10' }, 'expected close <= high, was 10 > 9'],
    [{ close: '0' }, 'close: expected above 0, was 0'],
    [{ low: '-1', close: '10' }, 'low: expected above 0, was -1'],
    [{ close: '10', volume: '-5' }, 'volume: expected 0 or more, was -5'],
  ])('%j is refused: %s', (texts, reason) => {
    expect(barFault(bar(texts), PRICES)).toBe(reason);
  });

  test('of an index or yield may be zero or below', () => {
    expect(barFault(bar({ close: '-0.5' }), { mayBeNegative: true })).toBeUndefined();
  });
});
