import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity } from '#kernel/money';
import type { Valuation } from './contribution.ts';
import { type Divisor, divisorFor, level, marketValue, SAME_CURRENCY } from './index-level.ts';
import { type Corrections, kindOf, type PastClose, restate } from './index-restatement.ts';

const day = (text: string) => businessDate(`2026-11-${text}`);
const p = (text: string) => price(decimal(text));
const names = (...held: readonly (readonly [string, string, string])[]) =>
  held.map(([symbol, units, close]) => ({
    symbol,
    currency: currencyCode('USD'),
    units: quantity(decimal(units)),
    price: p(close),
    fx: SAME_CURRENCY,
  }));
const close = (
  date: string,
  divisor: Divisor,
  held: Valuation['names'],
  version = 1,
): PastClose => ({
  date: day(date),
  valuation: { atMs: 0, versionNumber: version, divisor, names: held },
});
const L = (text: string) => level(decimal(text));
const correctedTo = (symbol: string, date: string, text: string): Corrections => ({
  priceOf: (each, of) => (each === symbol && of === day(date) ? p(text) : undefined),
  seenOn: (_symbol, raw) => raw,
});
const shown = (found: ReturnType<typeof restate>) =>
  found.map((each) => [
    each.date.slice(8),
    formatDecimal(each.oldLevel),
    formatDecimal(each.newLevel),
  ]);

describe('restatement of past closes, section 2.7', () => {
  const first = names(['A', '10', '50'], ['B', '5', '100']);
  const by = divisorFor(marketValue(first), L('1000'));
  /** C takes over from B at the close of the 17th, at the same level. */
  const held = names(['A', '10', '52'], ['B', '5', '100']);
  const next = names(['A', '10', '52'], ['C', '25', '20']);
  const byNext = divisorFor(marketValue(next), L('1020'));
  const closes = [
    close('16', by, first),
    close('17', by, held),
    close('18', byNext, names(['A', '10', '52'], ['C', '25', '20.4']), 2),
    close('19', byNext, names(['A', '10', '53'], ['C', '25', '20.4']), 2),
  ];

  test('a price of an ordinary day changes that close alone', () => {
    expect(shown(restate(closes, correctedTo('A', '16', '51')))).toEqual([['16', '1000', '1010']]);
    expect(shown(restate(closes, correctedTo('C', '19', '20.6')))).toEqual([
      ['19', '1040', '1045'],
    ]);
  });

  test('a price of the close at which a composition took over changes all that follow', () => {
    // B was 102: the 17th is 1030, and C takes over at 1030 instead of 1020.
    const found = shown(restate(closes, correctedTo('B', '17', '102')));
    expect(found.map(([date]) => date)).toEqual(['17', '18', '19']);
    expect(found[0]).toEqual(['17', '1020', '1030']);
    expect(Number(found[1]?.[2])).toBeCloseTo((1030 / 1020) * 1030, 6);
    expect(Number(found[2]?.[2])).toBeCloseTo((1040 / 1020) * 1030, 6);
  });

  test('a name that stays carries its correction over to the next composition', () => {
    // A was 54 on the 17th: 1040. The new units are worth 1040 there, so nothing changes later.
    expect(shown(restate(closes, correctedTo('A', '17', '54')))).toEqual([['17', '1020', '1040']]);
  });

  test('nothing to correct is nothing to restate', () => {
    expect(restate(closes, correctedTo('A', '17', '52'))).toEqual([]);
    expect(restate([], correctedTo('A', '17', '1'))).toEqual([]);
  });

  test('a split in between is seen in the old price of the name', () => {
    const split = names(['A', '20', '26'], ['B', '5', '100']);
    const path = [close('17', by, held), close('18', by, split)];
    const found = restate(path, {
      ...correctedTo('A', '17', '54'),
      seenOn: (symbol, raw, days) =>
        symbol === 'A' && days.of < day('18') && days.asOf >= day('18') ? price(raw / 2n) : raw,
    });
    expect(shown(found)).toEqual([['17', '1020', '1040']]);
  });

  test('from 1 bp within 2 days a restatement is published, else it is internal', () => {
    const on = (date: string, oldLevel: string, newLevel: string) =>
      kindOf({ date: day(date), oldLevel: L(oldLevel), newLevel: L(newLevel) }, day('20'));
    expect(on('18', '1000', '1000.1')).toBe('PUBLISHED');
    expect(on('18', '1000', '999.9')).toBe('PUBLISHED');
    expect(on('18', '1000', '1000.09999999')).toBe('INTERNAL');
    expect(on('17', '1000', '1100')).toBe('INTERNAL');
  });
});
