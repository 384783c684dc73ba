import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity } from '#kernel/money';
import { moveAlong, type Valuation, type ValuedName, valuationLevel } from './contribution.ts';
import {
  type Divisor,
  divisorFor,
  type FxFactor,
  FX_UNIT,
  level,
  marketValue,
  SAME_CURRENCY,
} from './index-level.ts';

const USD = currencyCode('USD');
const EUR = currencyCode('EUR');
const name = (symbol: string, units: string, close: string, fx = SAME_CURRENCY): ValuedName => ({
  symbol,
  currency: fx === SAME_CURRENCY ? USD : EUR,
  units: quantity(decimal(units)),
  price: price(decimal(close)),
  fx,
});
const valuation = (
  names: readonly ValuedName[],
  divisor: Divisor,
  changes: Partial<Valuation> = {},
): Valuation => ({ atMs: 0, versionNumber: 1, divisor, names, ...changes });
const rateOf = (percent: bigint) => ((FX_UNIT * percent) / 100n) as FxFactor;

describe('why a level moved', () => {
  const before = [name('A', '10', '50'), name('P', '5', '80', rateOf(125n))];
  const divisor = divisorFor(marketValue(before), level(decimal('1000')));

  test('names by price and by exchange rate, in index points', () => {
    const after = [name('A', '10', '51'), name('P', '5', '76', rateOf(130n))];
    const found = moveAlong([
      valuation(before, divisor),
      valuation(after, divisor, { atMs: 60_000 }),
    ]);
    expect(found).toMatchObject({ from: { level: decimal('1000') }, to: { atMs: 60_000 } });
    // 10 of 1000 for A; for P 5 x -4 x 1.25 = -25 and then 5 x 76 x 0.05 = 19.
    expect(found?.names.map((each) => [each.symbol, ...shown(each.price, each.fx)])).toEqual([
      ['A', '10', '0'],
      ['P', '-25', '19'],
    ]);
    expect(shown(found?.move, found?.prices, found?.fx, found?.composition)).toEqual([
      '4',
      '-15',
      '19',
      '0',
    ]);
  });

  test('a new composition at the same prices contributes what the level jumped', () => {
    const next = [name('A', '20', '51')];
    const continuous = divisorFor(marketValue(next), level(decimal('1010')));
    const mid = valuation(
      [name('A', '10', '51'), before[1] ?? next[0] ?? name('X', '1', '1')],
      divisor,
    );
    const found = moveAlong([
      valuation(before, divisor),
      mid,
      valuation(next, continuous, { versionNumber: 2 }),
      valuation([name('A', '20', '52.02')], continuous, { versionNumber: 2 }),
    ]);
    expect(shown(found?.move, found?.composition, found?.prices)).toEqual(['30.2', '0', '30.2']);
    expect(found?.names.map(({ symbol }) => symbol)).toEqual(['A', 'P']);
  });

  test('one valuation is no move, and none is no answer', () => {
    expect(moveAlong([])).toBeUndefined();
    expect(moveAlong([valuation(before, divisor)])).toMatchObject({ move: 0n, names: [] });
  });

  test('all parts sum to the move of the rounded levels, exactly', () => {
    const step = fc.record({
      prices: fc.array(fc.bigInt({ min: 1n, max: 10n ** 13n }), { minLength: 6, maxLength: 6 }),
      rate: fc.bigInt({ min: 10n ** 12n, max: 10n ** 18n }),
      changes: fc.boolean(),
      divisor: fc.bigInt({ min: 10n ** 20n, max: 10n ** 30n }),
    });
    const units = fc.array(fc.bigInt({ min: 1n, max: 10n ** 12n }), {
      minLength: 6,
      maxLength: 6,
    });
    fc.assert(
      fc.property(units, fc.array(step, { minLength: 2, maxLength: 12 }), (held, steps) => {
        let number = 1;
        let by = steps[0]?.divisor ?? 1n;
        const path = steps.map((each, at) => {
          if (each.changes) {
            number += 1;
            by = each.divisor;
          }
          const names = held.map((count, of) => ({
            symbol: `S${of}`,
            currency: of % 2 === 0 ? USD : EUR,
            units: quantity(count),
            price: price(each.prices[of] ?? 1n),
            fx: of % 2 === 0 ? SAME_CURRENCY : (each.rate as FxFactor),
          }));
          return valuation(names, by as Divisor, { atMs: at, versionNumber: number });
        });
        const found = moveAlong(path);
        if (!found) throw new Error('no move');
        const [first, last] = [path[0], path.at(-1)];
        const parts = found.names.reduce((sum, each) => sum + each.price + each.fx, 0n);
        expect(parts + found.composition).toBe(
          (last ? valuationLevel(last) : 0n) - (first ? valuationLevel(first) : 0n),
        );
        expect(found.prices + found.fx + found.composition).toBe(found.move);
      }),
    );
  });
});

function shown(...values: readonly (bigint | undefined)[]): string[] {
  return values.map((each) => formatDecimal(each ?? -1n));
}
