import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal, ONE } from '#kernel/decimal';
import { weight } from '#kernel/money';
import { capWeights, driftWeights, equalWeights, oneWayTurnover, roundToOne } from './weights.ts';

const w = (text: string) => weight(decimal(text));

describe('BK-1 weights', () => {
  test('thirds at 4 decimals are 0.3334, 0.3333, 0.3333, ties by identifier', () => {
    expect(equalWeights(['C', 'A', 'B'], 4).map(formatDecimal)).toEqual([
      '0.3333',
      '0.3334',
      '0.3333',
    ]);
  });

  test('equal weights of 1 to 1000 names sum to exactly 1 and differ by one unit at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (count) => {
        const weights = equalWeights(Array.from({ length: count }, (_, at) => `S${at}`));
        expect(weights.reduce((sum, each) => sum + each, 0n)).toBe(ONE);
        const sorted = weights.toSorted((a, b) => Number(a - b));
        expect((sorted.at(-1) ?? 0n) - (sorted[0] ?? 0n)).toBeLessThanOrEqual(1n);
      }),
    );
  });

  test('weights of any sizes sum to exactly 1 and are off by less than one unit', () => {
    const sizes = fc.array(fc.bigInt({ min: 1n, max: 10n ** 30n }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, (given) => {
        const weights = roundToOne(given.map((size, at) => ({ id: `S${at}`, size })));
        const total = given.reduce((sum, each) => sum + each, 0n);
        expect(weights.reduce((sum, each) => sum + each, 0n)).toBe(ONE);
        weights.forEach((each, at) => {
          const off = each * total - (given[at] ?? 0n) * ONE;
          expect(off < total && off > -total).toBe(true);
        });
      }),
    );
  });

  test('weights drift with returns, golden of section 2.4', () => {
    const drifted = driftWeights([
      { id: 'A', weight: w('0.5'), return: decimal('0.10') },
      { id: 'B', weight: w('0.3'), return: decimal('-0.05') },
      { id: 'C', weight: w('0.2'), return: decimal('0.02') },
    ]);
    expect(formatDecimal(drifted.portfolioReturn)).toBe('0.039');
    expect(drifted.weights.map(formatDecimal)).toEqual(['0.52935515', '0.27430221', '0.19634264']);
    const target = [w('0.5'), w('0.3'), w('0.2')];
    expect(formatDecimal(oneWayTurnover(drifted.weights, target))).toBe('0.02935515');
  });

  test('a cap spreads the excess over the uncapped, golden of section 2.4', () => {
    const given = ['.30', '.22', '.14', '.10', '.08', '.06', '.04', '.03', '.02', '.01'];
    const names = given.map((text, at) => ({ id: `S${at}`, weight: w(`0${text}`) }));
    const expected = [
      0.15, 0.15, 0.15, 0.15, 0.1333333333, 0.1, 0.0666666667, 0.05, 0.0333333333, 0.0166666667,
    ];
    const capped = capWeights(names, w('0.15'));
    expect(capped.ok && capped.weights.map(formatDecimal)).toEqual(
      expected.map((each) => formatDecimal(decimal(each.toFixed(8)))),
    );
  });

  test('a cap that cannot be met is refused with its inequality', () => {
    const names = ['A', 'B', 'C'].map((id) => ({ id, weight: w('0.3') }));
    expect(capWeights(names, w('0.3'))).toEqual({
      ok: false,
      message: 'names x cap is at least 1, was 3 x 0.3',
    });
  });
});
