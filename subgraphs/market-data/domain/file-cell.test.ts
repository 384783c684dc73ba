import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { readDateCell, readDecimalCell } from './file-cell.ts';

const read = (text: string) => {
  const parsed = readDecimalCell(text);
  return parsed.ok ? formatDecimal(parsed.value) : parsed.message;
};

describe('a decimal cell', () => {
  test.each([
    ['0.117203', '0.117203'],
    ['17.240000', '17.24'],
    ['-3', '-3'],
    ['182.35000610351562', '182.3500061'],
    ['0.000000005', '0'],
    ['0.000000015', '0.00000002'],
    ['0.0000000150000001', '0.00000002'],
    ['-0.000000015', '-0.00000002'],
    ['92233720368.54775807', '92233720368.54775807'],
  ])('%s is read as %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each(['NaN', '1e400', '1e5', '', '1,5', '0x10', 'Infinity', '.5', '5.', '--1', '１'])(
    'refuses "%s"',
    (text) => {
      expect(read(text)).toMatch(/^expected a plain decimal/);
    },
  );

  test('refuses what a bigint of 1e-8 cannot hold, and text without end', () => {
    expect(read('92233720368.54775808')).toMatch(/^expected at most 92233720368\.54775807/);
    expect(read('9'.repeat(50))).toMatch(/^expected at most 20 whole digits/);
    expect(read(`1.${'3'.repeat(100_000)}`).length).toBeLessThan(120);
  });

  test('long fractions are rounded half-even, as a rational oracle rounds them', () => {
    const numerator = fc.bigInt({ min: 0n, max: 10n ** 18n });
    fc.assert(
      fc.property(numerator, fc.integer({ min: 9, max: 20 }), (value, places) => {
        const digits = value.toString().padStart(places + 1, '0');
        const parsed = readDecimalCell(`${digits.slice(0, -places)}.${digits.slice(-places)}`);
        // |stored x 10^places - value x 10^8| is at most half of 10^places, and even on a tie.
        const unit = 10n ** BigInt(places);
        const stored = parsed.ok ? parsed.value : -1n;
        const error = stored * unit - value * 100_000_000n;
        const twice = 2n * (error < 0n ? -error : error);
        expect(twice < unit || (twice === unit && stored % 2n === 0n)).toBe(true);
      }),
    );
  });
});

describe('a date cell', () => {
  test.each([
    ['2013-02-08', '2013-02-08'],
    ['1990-01-02 00:00:00+00:00', '1990-01-02'],
    ['2015-12-31T23:59:59Z', '2015-12-31'],
    ['Jan 1 2000', '2000-01-01'],
    ['Feb 29 2004', '2004-02-29'],
  ])('%s is the day %s', (text, day) => {
    expect(readDateCell(text)).toBe(day);
  });

  test.each([
    '2013-02-30',
    '02/08/2013',
    '20130208',
    '1899-12-31',
    '2100-01-01',
    'Foo 1 2000',
    'Feb 30 2001',
    '2013-02-08x',
    '',
  ])('refuses "%s"', (text) => {
    expect(readDateCell(text)).toBeUndefined();
  });
});
