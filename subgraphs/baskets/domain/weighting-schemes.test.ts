import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal, ONE } from '#kernel/decimal';
import { price, quantity, weight } from '#kernel/money';
import { type FxFactor, SAME_CURRENCY } from './index-level.ts';
import { WEIGHTING_SCHEMES, type WeightedName, weighBy } from './weighting-schemes.ts';

const name = (id: string, given: Partial<WeightedName> = {}): WeightedName => ({
  id,
  weight: null,
  price: null,
  fx: SAME_CURRENCY,
  sharesOutstanding: null,
  freeFloat: null,
  fundamental: null,
  factorScore: null,
  volatility: null,
  ...given,
});
const p = (text: string) => price(decimal(text));
const shares = (text: string) => quantity(decimal(text));
const w = (text: string) => weight(decimal(text));
const shown = (...args: Parameters<typeof weighBy>) => {
  const found = weighBy(...args);
  return found.ok ? found.weights.map(formatDecimal) : found;
};

describe('BK-1 weighting schemes', () => {
  test('capitalisation is price x shares x rate, free float takes its fraction of that', () => {
    const half = 5n * 10n ** 15n;
    const names = [
      name('A', { price: p('10'), sharesOutstanding: shares('1000'), freeFloat: w('0.5') }),
      name('B', { price: p('20'), sharesOutstanding: shares('500'), freeFloat: w('1') }),
      name('C', {
        price: p('100'),
        fx: half as FxFactor,
        sharesOutstanding: shares('400'),
        freeFloat: w('0.25'),
      }),
    ];
    expect(shown('MARKET_CAP', names)).toEqual(['0.25', '0.25', '0.5']);
    expect(shown('FLOAT_CAP', names)).toEqual(['0.25', '0.5', '0.25']);
  });

  test('price weights are in proportion to prices, inverse volatility to 1 / volatility', () => {
    const names = [
      name('A', { price: p('30'), volatility: 0.1 }),
      name('B', { price: p('10'), volatility: 0.3 }),
    ];
    expect(shown('PRICE', names)).toEqual(['0.75', '0.25']);
    expect(shown('INVERSE_VOLATILITY', names)).toEqual(['0.75', '0.25']);
  });

  test('fundamental weights follow a size, factor scores tilt by 1 + z or 1 / (1 - z)', () => {
    const float = { price: p('10'), sharesOutstanding: shares('100'), freeFloat: w('1') };
    const names = [
      name('A', { ...float, fundamental: decimal('5'), factorScore: decimal('1') }),
      name('B', { ...float, fundamental: decimal('3'), factorScore: decimal('0') }),
      name('C', { ...float, fundamental: decimal('2'), factorScore: decimal('-1') }),
    ];
    expect(shown('FUNDAMENTAL', names)).toEqual(['0.5', '0.3', '0.2']);
    // S is 2, 1 and 1/2: sevenths.
    expect(shown('FACTOR_SCORE', names)).toEqual(['0.57142857', '0.28571429', '0.14285714']);
  });

  test('a cap holds for every scheme, golden weights of section 2.4', () => {
    const given = ['.30', '.22', '.14', '.10', '.08', '.06', '.04', '.03', '.02', '.01'];
    const names = given.map((text, at) => name(`S${at}`, { weight: w(`0${text}`) }));
    expect(shown('FIXED', names, w('0.15'))).toEqual(
      [
        '.15',
        '.15',
        '.15',
        '.15',
        '.13333333',
        '.1',
        '.06666667',
        '.05',
        '.03333333',
        '.01666667',
      ].map((text) => `0${text}`),
    );
  });

  test.each([
    ['MARKET_CAP', 'MARKET_CAP needs a price, a rate and shares outstanding above 0'],
    ['FLOAT_CAP', 'FLOAT_CAP needs a price, a rate, shares outstanding and a free float'],
    ['PRICE', 'PRICE needs a price and a rate above 0'],
    ['FUNDAMENTAL', 'FUNDAMENTAL needs a fundamental size above 0'],
    ['FACTOR_SCORE', 'FACTOR_SCORE needs a factor score, a price'],
    ['INVERSE_VOLATILITY', 'INVERSE_VOLATILITY needs a volatility above 0'],
    ['FIXED', 'FIXED needs weights above 0'],
  ] as const)('%s says which names lack its inputs', (scheme, begin) => {
    expect(weighBy(scheme, [name('A'), name('B')])).toEqual({
      ok: false,
      reason: 'WEIGHTING_INPUT_MISSING',
      message: expect.stringContaining(begin),
    });
    expect(weighBy(scheme, [name('A')])).toMatchObject({
      message: expect.stringMatching(/was missing for A$/),
    });
  });

  test('a free float above 1, fixed weights of 0.9999 and a cap too low are refused', () => {
    const float = { price: p('1'), sharesOutstanding: shares('1'), freeFloat: w('1.01') };
    expect(weighBy('FLOAT_CAP', [name('A', float)])).toMatchObject({ ok: false });
    expect(
      weighBy('FIXED', [name('A', { weight: w('0.5') }), name('B', { weight: w('0.4999') })]),
    ).toMatchObject({ reason: 'WEIGHTS_NOT_ONE', message: expect.stringContaining('0.9999') });
    expect(weighBy('EQUAL', [name('A'), name('B'), name('C')], w('0.3'))).toMatchObject({
      reason: 'CAP_INFEASIBLE',
      message: 'names x cap is at least 1, was 3 x 0.3',
    });
  });

  test('weights of every scheme sum to exactly 1, with and without a cap that can be met', () => {
    const each = fc.record({
      price: fc.bigInt({ min: 1n, max: 10n ** 14n }),
      shares: fc.bigInt({ min: 1n, max: 10n ** 18n }),
      float: fc.bigInt({ min: 1n, max: ONE }),
      score: fc.bigInt({ min: -3n * ONE, max: 3n * ONE }),
      volatility: fc.double({ min: 0.001, max: 5, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(each, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(...WEIGHTING_SCHEMES.filter((scheme) => scheme !== 'FIXED')),
        fc.double({ min: 1, max: 3, noNaN: true }),
        (given, scheme, room) => {
          const names = given.map((one, at) =>
            name(`S${at}`, {
              price: price(one.price),
              sharesOutstanding: quantity(one.shares),
              freeFloat: weight(one.float),
              fundamental: quantity(one.shares),
              factorScore: decimal(formatDecimal(one.score)),
              volatility: one.volatility,
            }),
          );
          const limit = Math.min(1, room / given.length);
          const cap = weight(BigInt(Math.ceil(limit * 1e8)));
          const both = [weighBy(scheme, names), weighBy(scheme, names, cap)];
          const fit = both.flatMap((found) => (found.ok ? [found.weights] : []));
          const sums = fit.map((weights) => weights.reduce((sum, one) => sum + one, 0n));
          expect(sums).toEqual(fit.map(() => ONE));
          const refusals = both.flatMap((found) => (found.ok ? [] : [found.reason]));
          expect(refusals.every((reason) => reason === 'WEIGHT_ROUNDS_TO_ZERO')).toBe(true);
          const [, capped] = both;
          const largest = capped?.ok ? capped.weights.toSorted((a, b) => (a > b ? -1 : 1))[0] : 0n;
          expect(largest).toBeLessThanOrEqual(cap + 1n);
        },
      ),
    );
  });
});
