import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal, toNumber } from '#kernel/decimal';
import { price, quantity } from '#kernel/money';
import {
  adjustedPrice,
  adjustedVolume,
  cumulativeFactor,
  type DatedAction,
  FACTOR_UNIT,
  factorOf,
} from './index-back-adjustment.ts';

const p = (text: string) => price(decimal(text));
const day = (text: string) => businessDate(`2026-03-${text}`);

const DIVIDEND_THEN_SPLIT: readonly DatedAction[] = [
  {
    exDate: day('10'),
    action: { kind: 'DIVIDEND', dividend: p('0.50'), previousClose: p('100.00') },
  },
  { exDate: day('20'), action: { kind: 'SPLIT', newShares: 4n, oldShares: 1n } },
];

describe('back-adjustment of section 3', () => {
  test('a dividend of 0.50 on 100 then a 4:1 split give 0.995 x 0.25 = 0.24875, golden', () => {
    const at = (text: string) => Number(cumulativeFactor(DIVIDEND_THEN_SPLIT, day(text))) / 1e24;
    expect(at('09')).toBe(0.24875);
    expect(at('10')).toBe(0.25);
    expect(at('19')).toBe(0.25);
    expect(at('20')).toBe(1);
    expect(
      formatDecimal(adjustedPrice(p('100'), cumulativeFactor(DIVIDEND_THEN_SPLIT, day('09')))),
    ).toBe('24.875');
  });

  test('volume is adjusted for splits alone', () => {
    const traded = quantity(decimal('1000'));
    expect(formatDecimal(adjustedVolume(traded, DIVIDEND_THEN_SPLIT, day('09')))).toBe('4000');
    expect(formatDecimal(adjustedVolume(traded, DIVIDEND_THEN_SPLIT, day('20')))).toBe('1000');
  });

  test('rights adjust by TERP over the close, a spin-off by what the child is worth', () => {
    const rights = { kind: 'RIGHTS', exRightsPrice: p('9.6'), previousClose: p('10') } as const;
    const spinOff = { kind: 'SPIN_OFF', childValue: p('2.5'), previousClose: p('10') } as const;
    expect(factorOf(rights)).toBe((FACTOR_UNIT * 96n) / 100n);
    expect(factorOf(spinOff)).toBe((FACTOR_UNIT * 3n) / 4n);
  });

  test('total return from adjusted closes is that of dividends reinvested on raw closes', () => {
    const session = fc.record({
      close: fc.bigInt({ min: 10n ** 9n, max: 10n ** 11n }),
      dividend: fc.bigInt({ min: 0n, max: 10n ** 8n }),
    });
    fc.assert(
      fc.property(fc.array(session, { minLength: 2, maxLength: 30 }), (sessions) => {
        const dateOf = (at: number) => addDays(day('01'), at);
        const closes = sessions.map(({ close }) => price(close));
        const actions = sessions.flatMap(({ dividend }, at): DatedAction[] => {
          const previousClose = closes[at - 1];
          if (previousClose === undefined || dividend === 0n) return [];
          const action = { kind: 'DIVIDEND', dividend: price(dividend), previousClose } as const;
          return [{ exDate: dateOf(at), action }];
        });
        // Bought for the dividend at the price without it, the evening before: more shares.
        let shares = 1;
        sessions.forEach(({ dividend }, at) => {
          const before = Number(closes[at - 1] ?? 0n);
          if (before > 0) shares += (shares * Number(dividend)) / (before - Number(dividend));
        });
        const first = closes[0] ?? price(1n);
        const last = closes.at(-1) ?? price(1n);
        const adjusted = adjustedPrice(first, cumulativeFactor(actions, dateOf(0)));
        const byAdjusted = toNumber(last) / toNumber(adjusted);
        const byReinvesting = (toNumber(last) * shares) / toNumber(first);
        expect(Math.abs(byAdjusted / byReinvesting - 1)).toBeLessThan(1e-7);
      }),
    );
  });
});
