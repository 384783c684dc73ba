import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { amount, price, quantity } from '#kernel/money';
import { indexUnits, wholeLots } from './index-base.ts';
import { type FxFactor, level, levelOf, marketValue, SAME_CURRENCY } from './index-level.ts';
import { equalWeights } from './weights.ts';

const BASE = level(decimal('1000'));

describe('units from weights', () => {
  test('a million in three equal names buys whole shares and keeps the cash, golden of 2.4', () => {
    const lots = wholeLots(
      amount(decimal('1000000')),
      ['182.35', '54.12', '7.893'].map((text) => ({
        share: 1n,
        price: price(decimal(text)),
        lot: quantity(decimal('1')),
      })),
    );
    expect(lots.quantities.map(formatDecimal)).toEqual(['1827', '6159', '42231']);
    expect(formatDecimal(lots.cash)).toBe('192.187');
  });

  test('an index starts at its target level and holds the weights asked for', () => {
    const names = fc.array(
      fc.record({
        price: fc.bigInt({ min: 1_000_000n, max: 10n ** 14n }),
        fx: fc.bigInt({ min: 10n ** 13n, max: 10n ** 18n }),
      }),
      { minLength: 1, maxLength: 50 },
    );
    const target = fc.bigInt({ min: 10n ** 8n, max: 10n ** 14n });
    fc.assert(
      fc.property(names, target, (given, wanted) => {
        const weights = equalWeights(given.map((_, at) => `S${at}`));
        const priced = given.map((each, at) => ({
          weight: weights[at] ?? (0n as never),
          price: price(each.price),
          fx: each.fx as FxFactor,
        }));
        const based = indexUnits(priced, level(wanted));
        if (!based) return;
        const held = priced.map((each, at) => ({
          ...each,
          units: based.units[at] ?? (0n as never),
        }));
        const value = marketValue(held);
        expect(levelOf(value, based.divisor)).toBe(wanted);
        held.forEach((each) => {
          const share = Number(marketValue([each])) / Number(value);
          expect(Math.abs(share / (Number(each.weight) / 1e8) - 1)).toBeLessThan(1e-6);
        });
      }),
    );
  });

  test('takes a smaller notional when a price is tiny', () => {
    const based = indexUnits(
      [{ weight: decimal('1') as never, price: price(1_000n), fx: SAME_CURRENCY }],
      BASE,
    );
    expect(based?.units.map(formatDecimal)).toEqual(['10000000000']);
  });

  test('has no units when one name is too dear beside one that is too cheap', () => {
    const half = decimal('0.5') as never;
    expect(
      indexUnits(
        [
          { weight: half, price: price(1n), fx: SAME_CURRENCY },
          { weight: half, price: price(10n ** 18n), fx: SAME_CURRENCY },
        ],
        BASE,
      ),
    ).toBeUndefined();
  });
});
