import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { announcementFault } from './announcement-fault.ts';
import type { AnnouncedTerms } from './corporate-action-announced.ts';

const p = (text: string) => price(decimal(text));
const known = { today: businessDate('2026-11-20'), lastClose: p('40') };
const announced = (terms: AnnouncedTerms, isPriceConfirmed = false) => ({
  exDate: businessDate('2026-11-23'),
  terms,
  isPriceConfirmed,
});
const faultOf = (terms: AnnouncedTerms) => announcementFault(announced(terms), known);
const split = (newShares: bigint, oldShares: bigint) =>
  ({ kind: 'SPLIT', symbol: 'A', newShares, oldShares }) as const;

describe('BK-9 an announcement that is wrong on its face', () => {
  test('an ex-date in the past is refused, today is not', () => {
    const past = { ...announced(split(2n, 1n)), exDate: businessDate('2026-11-19') };
    expect(announcementFault(past, known)).toBe(
      'expected an ex-date from 2026-11-20 on, was 2026-11-19: indices have passed it',
    );
    expect(announcementFault({ ...past, exDate: known.today }, known)).toBeUndefined();
  });

  test('ratios from 1:1000 to 1000:1 pass, beyond they do not', () => {
    expect(faultOf(split(1n, 1000n))).toBeUndefined();
    expect(faultOf(split(1000n, 1n))).toBeUndefined();
    expect(faultOf(split(1n, 1001n))).toMatch('was 1:1001');
    expect(faultOf(split(1001n, 1n))).toMatch('was 1001:1');
    const rights = { kind: 'RIGHTS', symbol: 'A', subscriptionPrice: p('1') } as const;
    expect(faultOf({ ...rights, newShares: 1001n, perShares: 1n })).toMatch('was 1001:1');
  });

  test('a special dividend is below the last close', () => {
    const dividend = (text: string) =>
      faultOf({ kind: 'SPECIAL_DIVIDEND', symbol: 'A', dividend: p(text) });
    expect(dividend('39.99')).toBeUndefined();
    expect(dividend('40')).toBe('expected a dividend below 40, the last close of A, was 40');
  });

  test('what is paid for a name is near its last close, unless confirmed', () => {
    const cash = (text: string) =>
      ({ kind: 'MERGER_FOR_CASH', symbol: 'A', cash: p(text) }) as const;
    expect(faultOf(cash('20'))).toBeUndefined();
    expect(faultOf(cash('60'))).toBeUndefined();
    expect(faultOf(cash('19.99'))).toMatch('away from 40, the last close of A, was 19.99');
    expect(faultOf(cash('60.01'))).toMatch('was 60.01; confirmPrice if it is meant');
    const bankrupt = { kind: 'DELETE', symbol: 'A', finalPrice: p('0') } as const;
    expect(faultOf(bankrupt)).toMatch('was 0; confirmPrice');
    expect(announcementFault(announced(bankrupt, true), known)).toBeUndefined();
    expect(faultOf({ ...bankrupt, finalPrice: null })).toBeUndefined();
  });

  test('without a close only what needs none is looked at', () => {
    const unknown = { ...known, lastClose: null };
    const cash = { kind: 'MERGER_FOR_CASH', symbol: 'A', cash: p('1') } as const;
    expect(announcementFault(announced(cash), unknown)).toBeUndefined();
    expect(announcementFault(announced(split(1n, 1001n)), unknown)).toMatch('was 1:1001');
  });
});
