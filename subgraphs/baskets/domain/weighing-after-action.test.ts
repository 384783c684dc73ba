import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity, weight } from '#kernel/money';
import { weigh, weighAgain, type Weighing } from './weighing.ts';
import { weighingAfterAction } from './weighing-after-action.ts';

const q = (text: string) => quantity(decimal(text));
const USD = currencyCode('USD');
const named = (...symbols: readonly string[]) =>
  symbols.map((symbol) => ({ symbol, currency: USD }));
const marketOf = (closes: Readonly<Record<string, string>>) => {
  const date = businessDate('2026-11-20');
  return {
    asOf: date,
    closes: new Map(
      Object.entries(closes).map(([symbol, text]) => [
        symbol,
        { price: price(decimal(text)), date },
      ]),
    ),
    fx: new Map(),
    volatilities: new Map(),
  };
};

/** The names of section 2.1 at their base: 1000 A, 500 B and 200 C, units as many. */
const base = { units: [q('1000'), q('500'), q('200')] };
const former = (): Weighing => {
  const found = weigh({
    scheme: 'FLOAT_CAP',
    rule: { maxWeight: null, volatilityWindow: null, asOf: null },
    currency: 'USD',
    names: [
      ['A', '1000'],
      ['B', '500'],
      ['C', '200'],
    ].map(([symbol = '', shares = '']) => ({
      symbol,
      currency: USD,
      weight: null,
      sharesOutstanding: q(shares),
      freeFloat: weight(decimal('1')),
    })),
    market: marketOf({ A: '10', B: '20', C: '50' }),
  });
  if (!found.ok || found.weighing === null) throw new Error('expected inputs');
  return found.weighing;
};
const after = (units: readonly string[], symbols: readonly string[], about: string) =>
  weighingAfterAction(
    { weighing: former(), base, constituents: named('A', 'B', 'C') },
    { base: { units: units.map(q) }, symbols, about },
  );
const sharesOf = (weighing: Weighing | null) =>
  weighing?.names.map(({ symbol, sharesNow }) => [symbol, sharesNow && formatDecimal(sharesNow)]);

describe('BK-9 shares after a corporate action', () => {
  test('a split doubles them; what the weights were found from stays as it was', () => {
    const split = after(['1000', '1000', '200'], ['A', 'B', 'C'], 'B');
    expect(sharesOf(split)).toEqual([
      ['A', '1000'],
      ['B', '1000'],
      ['C', '200'],
    ]);
    expect(split?.names[1]).toMatchObject({ sharesOutstanding: q('500'), priceDate: '2026-11-20' });
  });

  test('the next weights begin with them: half the price, twice the shares', () => {
    const split = after(['1000', '1000', '200'], ['A', 'B', 'C'], 'B');
    if (split === null) throw new Error('expected inputs');
    const version = {
      weighting: 'FLOAT_CAP',
      weighing: split,
      constituents: named('A', 'B', 'C'),
    } as const;
    const found = weighAgain(version, 'USD', marketOf({ A: '10', B: '10', C: '50' }));
    expect(found.ok && found.weights.map(formatDecimal)).toEqual([
      '0.33333334',
      '0.33333333',
      '0.33333333',
    ]);
  });

  test('a child has the shares of its parent by the ratio, and its free float', () => {
    const spunOff = after(['1000', '500', '200', '50'], ['A', 'B', 'C', 'D'], 'C');
    expect(sharesOf(spunOff)?.at(-1)).toEqual(['D', '50']);
    expect(spunOff?.names.at(-1)).toMatchObject({ price: null, freeFloat: decimal('1') });
  });

  test('who left is left out, and nothing is kept where nothing was', () => {
    expect(sharesOf(after(['1000', '200'], ['A', 'C'], 'B'))).toEqual([
      ['A', '1000'],
      ['C', '200'],
    ]);
    const plain = { weighing: null, base, constituents: named('A') };
    expect(weighingAfterAction(plain, { base, symbols: ['A'], about: 'A' })).toBeNull();
  });

  test('weights given count no longer once a name has left', () => {
    const weighing = former();
    const names = weighing.names.map((each) => ({ ...each, weight: weight(decimal('0.3')) }));
    const left = weighingAfterAction(
      { weighing: { ...weighing, names }, base, constituents: named('A', 'B', 'C') },
      { base: { units: [q('1000'), q('200')] }, symbols: ['A', 'C'], about: 'B' },
    );
    expect(left?.names.map((each) => each.weight)).toEqual([null, null]);
  });
});
