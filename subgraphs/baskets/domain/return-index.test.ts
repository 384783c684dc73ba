import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal, ONE, toNumber } from '#kernel/decimal';
import { price, quantity, weight } from '#kernel/money';
import { divisorFor, level, levelOf, marketValue, SAME_CURRENCY } from './index-level.ts';
import {
  chainedLevel,
  decrementLevel,
  dividendPoints,
  excessLevel,
  hedgedLevel,
  netPoints,
  returnLevel,
} from './return-index.ts';

const L = (text: string) => level(decimal(text));
const tenth = weight(ONE / 10n);

/** PR 1000, 1010, 1005 with dividend points 0, 2.5, 1.2. */
function goldenPath(withholding: string): number[] {
  const rate = weight(decimal(withholding));
  const first = returnLevel(L('1000'), {
    before: L('1000'),
    now: L('1010'),
    points: netPoints(decimal('2.5'), rate),
  });
  const second = returnLevel(first, {
    before: L('1010'),
    now: L('1005'),
    points: netPoints(decimal('1.2'), rate),
  });
  return [first, second].map(toNumber);
}

describe('return indices of section 2.3', () => {
  test('gross total return, golden', () => {
    const [first, second] = goldenPath('0');
    expect(first).toBe(1012.5);
    expect(Math.abs((second ?? 0) / 1008.690594059406 - 1)).toBeLessThan(1e-9);
  });

  test('net at 15 %, golden', () => {
    const [first, second] = goldenPath('0.15');
    expect(first).toBe(1012.125);
    expect(Math.abs((second ?? 0) / 1008.1366262376237 - 1)).toBeLessThan(1e-9);
  });

  test('dividend points are the dividends of all names over the divisor', () => {
    const held = { units: quantity(decimal('1000')), price: price(ONE), fx: SAME_CURRENCY };
    const by = divisorFor(marketValue([held]), L('500'));
    const points = dividendPoints(
      [
        { ...held, dividend: price(decimal('0.01')), withholding: tenth },
        { ...held, dividend: price(decimal('0.02')), withholding: weight(0n) },
      ],
      by,
    );
    expect(formatDecimal(points.gross)).toBe('15');
    expect(formatDecimal(points.net)).toBe('14.5');
  });

  test('total return grows at least like net, and net like price', () => {
    const day = fc.record({
      now: fc.bigInt({ min: 10n ** 9n, max: 10n ** 13n }),
      points: fc.bigInt({ min: 0n, max: 10n ** 10n }),
    });
    const rate = fc.bigInt({ min: 0n, max: ONE });
    fc.assert(
      fc.property(fc.array(day, { minLength: 1, maxLength: 30 }), rate, (days, withholding) => {
        let before = L('1000');
        let [gross, net] = [before, before];
        for (const { now, points } of days) {
          const step = { before, now: level(now) };
          const paid = points as never;
          gross = returnLevel(gross, { ...step, points: paid });
          net = returnLevel(net, { ...step, points: netPoints(paid, weight(withholding)) });
          before = level(now);
        }
        const slack = BigInt(days.length) * (gross / 10n ** 8n + 100_000n);
        expect(gross + slack >= net && net + slack >= before).toBe(true);
      }),
    );
  });

  test('excess return pays financing by act/360, a decrement by act/365', () => {
    const step = {
      before: L('1000'),
      now: L('1010'),
      from: businessDate('2026-01-01'),
      to: businessDate('2026-02-06'),
    };
    // 36 days: 1010 - 1000 x 5 % x 36/360.
    expect(formatDecimal(excessLevel(L('1000'), step, decimal('0.05')))).toBe('1005');
    const year = { ...step, to: businessDate('2027-01-01') };
    const taken = (kind: 'FRACTION' | 'POINTS', text: string) =>
      formatDecimal(decrementLevel(L('1000'), year, { kind, value: decimal(text) }));
    expect(taken('FRACTION', '0.05')).toBe('960');
    expect(taken('POINTS', '50')).toBe('960');
  });

  test('a full hedge gives back the spot move and earns the forward points', () => {
    const hedged = hedgedLevel(
      { level: L('1000'), unhedged: L('200') },
      {
        unhedged: L('210'),
        hedgeRatio: weight(ONE),
        forwardPoints: decimal('0.001'),
        spotMove: decimal('0.05'),
      },
    );
    expect(formatDecimal(hedged)).toBe('1001');
  });

  test('chain linking gives the level that the divisor gives', () => {
    const at = (text: string) =>
      marketValue([
        { units: quantity(decimal('70')), price: price(decimal(text)), fx: SAME_CURRENCY },
      ]);
    const review = L('1234.56');
    const by = divisorFor(at('81.3'), review);
    const linked = chainedLevel(review, { atReview: at('81.3'), now: at('84.9') });
    expect(linked).toBe(levelOf(at('84.9'), by));
  });
});
