import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decimal,
  DECIMAL_UNIT,
  divide,
  divideHalfEven,
  formatDecimal,
  fromNumber,
  multiply,
  parseDecimal,
  roundTo,
  toNumber,
} from './decimal.ts';

const message = (text: string) => {
  const parsed = parseDecimal(text);
  return parsed.ok ? undefined : parsed.message;
};
const anyDecimal = fc.bigInt({ min: -(10n ** 28n) + 1n, max: 10n ** 28n - 1n });

describe('reading decimals', () => {
  test.each([
    ['187.50', 18_750_000_000n],
    ['-3', -300_000_000n],
    ['+0.00000001', 1n],
    ['007', 700_000_000n],
    ['-0', 0n],
    ['1.1234567800000', 112_345_678n],
    ['99999999999999999999.99999999', 10n ** 28n - 1n],
  ])('%s is %d units of 1e-8', (text, value) => {
    expect(parseDecimal(text)).toEqual({ ok: true, value });
  });

  const NOT_PLAIN = ['', ' ', 'NaN', 'Infinity', '1e400', '1e5', '.5', '5.', '1,000', '0x1', '１'];
  test.each([...NOT_PLAIN, '--1', '1 '])('refuses "%s" for its form', (text) => {
    expect(message(text)).toBe(`expected a plain decimal such as "187.50", was "${text}"`);
  });

  test('refuses what it would have to round or cannot hold', () => {
    expect(message('0.123456789')).toMatch(/^expected at most 8 decimal places/);
    expect(message('100000000000000000000')).toMatch(/^expected at most 20 whole digits/);
    expect(message('1'.repeat(1_000_000))?.length).toBeLessThan(100);
  });

  test('is the inverse of writing', () => {
    fc.assert(
      fc.property(anyDecimal, (value) => {
        expect(decimal(formatDecimal(value))).toBe(value);
      }),
    );
  });
});

test.each([
  [0n, '0'],
  [-1n, '-0.00000001'],
  [150_000_000n, '1.5'],
  [-(10n ** 28n), '-100000000000000000000'],
])('%d units are written %s', (value, text) => {
  expect(formatDecimal(value)).toBe(text);
});

describe('half-even division', () => {
  test.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [5n, -2n, -2n],
    [8n, 3n, 3n],
    [7n, 3n, 2n],
    [0n, -3n, 0n],
  ])('%d / %d is %d', (numerator, denominator, quotient) => {
    expect(divideHalfEven(numerator, denominator)).toBe(quotient);
  });

  test('is nearest to the exact quotient, and even on a tie', () => {
    const denominators = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).filter((d) => d !== 0n);
    fc.assert(
      fc.property(anyDecimal, denominators, (numerator, denominator) => {
        const quotient = divideHalfEven(numerator, denominator);
        const twice = abs(2n * (numerator - quotient * denominator));
        const isTie = twice === abs(denominator);
        expect(twice < abs(denominator) || (isTie && quotient % 2n === 0n)).toBe(true);
      }),
    );
  });

  test('by zero throws', () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow('division by zero');
  });
});

test('a product divided by one factor is the other, where nothing was rounded', () => {
  const whole = fc.bigInt({ min: 1n, max: 10n ** 9n }).map((value) => value * DECIMAL_UNIT);
  fc.assert(
    fc.property(whole, anyDecimal, (a, b) => {
      expect(divide(multiply(a, b), a)).toBe(b);
    }),
  );
});

test.each([
  ['1.005', 2, '1'],
  ['1.015', 2, '1.02'],
  ['-2.5', 0, '-2'],
  ['0.12345678', 8, '0.12345678'],
])('%s to %d places is %s', (text, places, expected) => {
  expect(formatDecimal(roundTo(decimal(text), places))).toBe(expected);
});

describe('statistics in and out of float64', () => {
  test.each([
    [0.1, '0.1'],
    [1e-9, '0'],
    [-1.5e-8, '-0.00000002'],
    [123456789.12345678, '123456789.12345678'],
    [1e19, '10000000000000000000'],
  ])('%d becomes %s', (value, text) => {
    expect(formatDecimal(fromNumber(value))).toBe(text);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e20])('%d throws', (value) => {
    expect(() => fromNumber(value)).toThrow('expected a finite number below 1e20');
  });

  test('decimals of up to fifteen digits survive the way through float64', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), (value) => {
        expect(fromNumber(toNumber(value))).toBe(value);
      }),
    );
  });
});

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
