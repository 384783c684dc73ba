import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price, quantity } from '#kernel/money';
import {
  type Divisor,
  divisorAfterChange,
  divisorFor,
  level,
  levelOf,
  marketValue,
  SAME_CURRENCY,
} from './index-level.ts';

const valueOf = (...names: readonly (readonly [shares: string, price: string])[]) =>
  marketValue(
    names.map(([shares, each]) => ({
      units: quantity(decimal(shares)),
      price: price(decimal(each)),
      fx: SAME_CURRENCY,
    })),
  );
const BASE = level(decimal('1000'));
const number = (divisor: Divisor) => Number(divisor) / 1e24;

describe('index level by divisor, golden table of section 2.1', () => {
  const start = valueOf(['1000', '10'], ['500', '20'], ['200', '50']);
  const close = valueOf(['1000', '11'], ['500', '19'], ['200', '52']);
  const steps: readonly (readonly [string, bigint, string, number])[] = [
    [
      'replaces C by D (600 x 25)',
      valueOf(['1000', '11'], ['500', '19'], ['600', '25']),
      '35500',
      34.46601941747573,
    ],
    [
      'A pays a special dividend of 1.00',
      valueOf(['1000', '10'], ['500', '19'], ['600', '25']),
      '34500',
      33.49514563106796,
    ],
    [
      'B splits 2:1',
      valueOf(['1000', '10'], ['1000', '9.5'], ['600', '25']),
      '34500',
      33.49514563106796,
    ],
    [
      'A gives rights 1 for 4 at 8.00',
      valueOf(['1250', '9.6'], ['1000', '9.5'], ['600', '25']),
      '36500',
      35.43689320388349,
    ],
  ];

  test('starts at 1000 with divisor 30 and closes at 1030', () => {
    const divisor = divisorFor(start, BASE);
    expect(divisor).toBe(30n * 10n ** 24n);
    expect(levelOf(start, divisor)).toBe(decimal('1000'));
    expect(levelOf(close, divisor)).toBe(decimal('1030'));
  });

  test.each(steps.map((step, at) => [step[0], at] as const))(
    'keeps the level at 1030 exactly when it %s',
    (_name, at) => {
      let divisor = divisorFor(start, BASE);
      let before = close;
      for (const [, after] of steps.slice(0, at + 1)) {
        divisor = divisorAfterChange(divisor, { before, after: after as typeof before });
        before = after as typeof before;
      }
      const [, , value, expected] = steps[at] ?? steps[0] ?? ['', 0n, '', 0];
      expect(formatDecimal(before / 10n ** 24n)).toBe(value);
      expect(Math.abs(number(divisor) / expected - 1)).toBeLessThan(1e-15);
      expect(levelOf(before, divisor)).toBe(decimal('1030'));
    },
  );
});

describe('index level continuity', () => {
  /** No company splits below this, and far below a price has no digits left: 0.0001. */
  const MIN_SPLIT_PRICE = 10n ** 4n;
  const position = fc.record({
    units: fc.bigInt({ min: 10n ** 6n, max: 10n ** 15n }),
    price: fc.bigInt({ min: 10n ** 4n, max: 10n ** 14n }),
  });
  const change = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), position }),
    fc.record({ kind: fc.constant('drop' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('split' as const), at: fc.nat(), ratio: fc.bigInt(2n, 20n) }),
  );

  test('any run of adds, drops and splits leaves the level where it was', () => {
    const all = fc.array(change, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.array(position, { minLength: 1, maxLength: 20 }), all, (first, changes) => {
        let held = first.map((each) => ({
          units: quantity(each.units),
          price: price(each.price),
          fx: SAME_CURRENCY,
        }));
        let divisor = divisorFor(marketValue(held), BASE);
        for (const each of changes) {
          const before = marketValue(held);
          if (each.kind === 'add') {
            held = [
              ...held,
              {
                units: quantity(each.position.units),
                price: price(each.position.price),
                fx: SAME_CURRENCY,
              },
            ];
          } else if (each.kind === 'drop') {
            if (held.length > 1) held = held.filter((_, at) => at !== each.at % held.length);
          } else {
            held = held.map((name, at) =>
              at === each.at % held.length && name.price / each.ratio >= MIN_SPLIT_PRICE
                ? {
                    ...name,
                    units: quantity(name.units * each.ratio),
                    price: price(name.price / each.ratio),
                  }
                : name,
            );
          }
          divisor = divisorAfterChange(divisor, { before, after: marketValue(held) });
        }
        const now = levelOf(marketValue(held), divisor);
        const off = now > BASE ? now - BASE : BASE - now;
        // 1e-9 of 1000 is 100 units of 1e-8.
        expect(off).toBeLessThanOrEqual(100n);
      }),
    );
  });
});
