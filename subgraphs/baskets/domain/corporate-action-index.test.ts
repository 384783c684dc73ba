import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price, quantity } from '#kernel/money';
import {
  type CorporateAction,
  type IndexAtClose,
  type IndexMethod,
  type IndexPosition,
  workIn,
} from './corporate-action-index.ts';
import {
  type Divisor,
  divisorFor,
  level,
  levelOf,
  marketValue,
  SAME_CURRENCY,
} from './index-level.ts';

const p = (text: string) => price(decimal(text));
const q = (text: string) => quantity(decimal(text));
const position = (symbol: string, units: string, close: string): IndexPosition => ({
  symbol,
  units: q(units),
  price: p(close),
  fx: SAME_CURRENCY,
});
const levelAt = ({ positions, divisor }: IndexAtClose) => levelOf(marketValue(positions), divisor);
const divisorNumber = (divisor: Divisor) => Number(divisor) / 1e24;

function after(index: IndexAtClose, ...actions: readonly CorporateAction[]): IndexAtClose {
  return actions.reduce((now, action) => {
    const worked = workIn(now, action);
    if (!worked.ok) throw new Error(worked.message);
    return worked.index;
  }, index);
}

const indexOf = (method: IndexMethod, positions: readonly IndexPosition[], start = '1000') => ({
  method,
  positions,
  divisor: divisorFor(marketValue(positions), level(decimal(start))),
});
/** Base of 2.1 at 1000, one close later. */
function goldenIndex(method: IndexMethod = 'CAPITALISATION'): IndexAtClose {
  const based = indexOf(method, [
    position('A', '1000', '10'),
    position('B', '500', '20'),
    position('C', '200', '50'),
  ]);
  const closes = ['11', '19', '52'];
  return {
    ...based,
    positions: based.positions.map((each, at) => ({ ...each, price: p(closes[at] ?? '0') })),
  };
}

const REPLACE_C: readonly CorporateAction[] = [
  { kind: 'ADD', symbol: 'D', units: q('600'), price: p('25'), fx: SAME_CURRENCY },
  { kind: 'DELETE', symbol: 'C', finalPrice: null },
];
const DIVIDEND_A: CorporateAction = { kind: 'SPECIAL_DIVIDEND', symbol: 'A', dividend: p('1') };
const SPLIT_B: CorporateAction = { kind: 'SPLIT', symbol: 'B', newShares: 2n, oldShares: 1n };
const RIGHTS_A: CorporateAction = {
  kind: 'RIGHTS',
  symbol: 'A',
  newShares: 1n,
  perShares: 4n,
  subscriptionPrice: p('8'),
};

describe('BK-9 corporate actions, golden table of section 2.1', () => {
  test.each([
    ['C by D (600 x 25)', [...REPLACE_C], '35500', 34.46601941747573],
    ['a special dividend of 1.00', [...REPLACE_C, DIVIDEND_A], '34500', 33.49514563106796],
    ['a split 2:1', [...REPLACE_C, DIVIDEND_A, SPLIT_B], '34500', 33.49514563106796],
    [
      'rights 1 for 4 at 8.00',
      [...REPLACE_C, DIVIDEND_A, SPLIT_B, RIGHTS_A],
      '36500',
      35.43689320388349,
    ],
  ] as const)('%s: value, divisor and 1030 exactly', (_name, actions, value, divisor) => {
    const index = after(goldenIndex(), ...actions);
    expect(formatDecimal(marketValue(index.positions) / 10n ** 24n)).toBe(value);
    expect(Math.abs(divisorNumber(index.divisor) / divisor - 1)).toBeLessThan(1e-15);
    expect(levelAt(index)).toBe(decimal('1030'));
  });

  test('the rights leave A at TERP 9.6 with 1250 shares', () => {
    const index = after(goldenIndex(), DIVIDEND_A, RIGHTS_A);
    expect(index.positions[0]).toMatchObject({ units: q('1250'), price: p('9.6') });
  });
});

describe('what changes the divisor, section 2.2', () => {
  const divisorChanges = (method: IndexMethod, action: CorporateAction) => {
    const index = goldenIndex(method);
    const now = after(index, action);
    expect(levelAt(now)).toBe(levelAt(index));
    return Math.abs(divisorNumber(now.divisor) / divisorNumber(index.divisor) - 1) > 1e-9;
  };
  const add: CorporateAction = {
    kind: 'ADD',
    symbol: 'D',
    units: q('600'),
    price: p('25'),
    fx: SAME_CURRENCY,
  };

  test.each([
    [SPLIT_B, false, false, true],
    [DIVIDEND_A, true, false, true],
    [RIGHTS_A, true, false, true],
    [{ kind: 'SHARE_CHANGE', symbol: 'A', units: q('1100') }, true, false, false],
    [add, true, true, true],
    [{ kind: 'DELETE', symbol: 'B', finalPrice: null }, true, false, true],
    [{ kind: 'MERGER_FOR_CASH', symbol: 'B', cash: p('19') }, true, false, true],
    [
      { kind: 'MERGER_FOR_STOCK', symbol: 'B', acquirer: 'A', newShares: 3n, oldShares: 2n },
      true,
      true,
      true,
    ],
    [
      {
        kind: 'SPIN_OFF',
        symbol: 'A',
        child: { symbol: 'A2', fx: SAME_CURRENCY },
        childShares: 1n,
        parentShares: 5n,
      },
      false,
      false,
      false,
    ],
  ] as const)('$kind of $symbol: by capitalisation %2$s', (action, cap, units, byPrice) => {
    const methods = ['CAPITALISATION', 'UNITS', 'PRICE'] as const;
    const found = methods.map((method) => divisorChanges(method, action));
    expect(found).toEqual([cap, units, byPrice]);
  });

  test('an index of units keeps every weight through dividend, rights and split', () => {
    const index = goldenIndex('UNITS');
    const weights = ({ positions }: IndexAtClose) =>
      positions.map((each) => Number(marketValue([each])) / Number(marketValue(positions)));
    const now = weights(after(index, DIVIDEND_A, RIGHTS_A, SPLIT_B));
    weights(index).forEach((before, at) => {
      expect(Math.abs((now[at] ?? 0) - before)).toBeLessThan(1e-9);
    });
  });

  test('cash above the last close lifts the level before the name goes', () => {
    const index = goldenIndex();
    const paid = index.positions.map((each) =>
      each.symbol === 'B' ? { ...each, price: p('21') } : each,
    );
    const now = after(index, { kind: 'MERGER_FOR_CASH', symbol: 'B', cash: p('21') });
    expect(levelAt(now)).toBe(levelAt({ ...index, positions: paid }));
  });

  test('a deletion at zero takes the level down, one at the last price does not', () => {
    const index = goldenIndex();
    const bankrupt = after(index, { kind: 'DELETE', symbol: 'C', finalPrice: price(0n) });
    expect(levelAt(bankrupt)).toBe(
      levelOf(marketValue(index.positions.slice(0, 2)), index.divisor),
    );
    expect(levelAt(after(index, { kind: 'DELETE', symbol: 'C', finalPrice: null }))).toBe(
      decimal('1030'),
    );
  });

  test('a child begins at zero and takes its value from the parent on the ex-date', () => {
    const spun = after(goldenIndex(), {
      kind: 'SPIN_OFF',
      symbol: 'A',
      child: { symbol: 'A2', fx: SAME_CURRENCY },
      childShares: 1n,
      parentShares: 5n,
    });
    expect(spun.positions.at(-1)).toMatchObject({ symbol: 'A2', units: q('200'), price: 0n });
    const opened = {
      ...spun,
      positions: spun.positions.map((each) => {
        if (each.symbol === 'A') return { ...each, price: p('10') };
        return each.symbol === 'A2' ? { ...each, price: p('5') } : each;
      }),
    };
    expect(levelAt(opened)).toBe(decimal('1030'));
  });

  test('rights out of the money and share changes outside capitalisation change nothing', () => {
    const index = goldenIndex();
    expect(after(index, { ...RIGHTS_A, subscriptionPrice: p('11') })).toEqual(index);
  });

  test.each([
    [{ kind: 'SPLIT', symbol: 'X', newShares: 2n, oldShares: 1n }, 'NOT_A_CONSTITUENT'],
    [{ kind: 'SPLIT', symbol: 'A', newShares: 0n, oldShares: 1n }, 'TERMS_INVALID'],
    [{ kind: 'SPLIT', symbol: 'A', newShares: 2n, oldShares: 0n }, 'TERMS_INVALID'],
    [{ kind: 'SPECIAL_DIVIDEND', symbol: 'A', dividend: p('11') }, 'TERMS_INVALID'],
    [{ ...REPLACE_C[0], symbol: 'A' } as CorporateAction, 'ALREADY_A_CONSTITUENT'],
    [{ kind: 'SHARE_CHANGE', symbol: 'A', units: q('0') }, 'UNITS_OUT_OF_RANGE'],
    [
      { kind: 'MERGER_FOR_STOCK', symbol: 'A', acquirer: 'X', newShares: 1n, oldShares: 1n },
      'NOT_A_CONSTITUENT',
    ],
  ] as const)('refuses %o', (action, reason) => {
    expect(workIn(goldenIndex(), action)).toMatchObject({ ok: false, reason });
  });

  test('the last name cannot go', () => {
    const alone = indexOf('UNITS', [position('A', '10', '10')]);
    expect(workIn(alone, { kind: 'DELETE', symbol: 'A', finalPrice: null })).toMatchObject({
      reason: 'LAST_CONSTITUENT',
    });
  });
});

const ORACLE = join(import.meta.dirname, '../../../../shared/data/oracle/index_divisor.json');

describe.skipIf(!existsSync(ORACLE))('oracle index_divisor.json', () => {
  interface Name {
    readonly id: string;
    readonly price: number;
    readonly shares: number;
  }
  interface Case {
    readonly id: string;
    readonly prices_before?: Readonly<Record<string, number>>;
    readonly prices_after?: Readonly<Record<string, number>>;
    readonly before?: readonly Name[];
    readonly after?: readonly Name[];
    readonly level?: number;
    readonly level_before?: number;
    readonly level_after?: number;
    readonly divisor_before: number;
    readonly divisor_after: number;
  }
  const { cases } = existsSync(ORACLE)
    ? (JSON.parse(readFileSync(ORACLE, 'utf8')) as { cases: readonly Case[] })
    : { cases: [] };
  const units = (index: IndexAtClose) => Number(index.divisor) / 1e24;

  test('has the cases that are checked here', () => {
    expect(cases.map(({ id }) => id)).toEqual([
      'price_weighted_4_for_1_split',
      'price_weighted_2_for_1_split',
      'cap_weighted_replacement',
    ]);
  });

  test.each(cases.filter((each) => each.prices_before))('$id', (given) => {
    const names = Object.entries(given.prices_before ?? {});
    const prices = given.prices_after ?? {};
    const index = indexOf(
      'PRICE',
      names.map(([symbol, close]) => position(symbol, '1', String(close))),
      String(given.level),
    );
    expect(units(index)).toBeCloseTo(given.divisor_before, 12);
    const split = names.find(([symbol, close]) => prices[symbol] !== close);
    if (!split) throw new Error('no split');
    const [symbol, close] = split;
    const newShares = BigInt(close / (prices[symbol] ?? 1));
    const now = after(index, { kind: 'SPLIT', symbol, newShares, oldShares: 1n });
    expect(units(now)).toBeCloseTo(given.divisor_after, 12);
    expect(levelAt(now)).toBe(decimal(String(given.level)));
  });

  test.each(cases.filter((each) => each.before))('$id', (given) => {
    const positions = (names: readonly Name[] = []) =>
      names.map((each) => position(each.id, String(each.shares), String(each.price)));
    const index = indexOf('CAPITALISATION', positions(given.before), String(given.level_before));
    expect(units(index)).toBeCloseTo(given.divisor_before, 9);
    const former = new Set(given.before?.map(({ id }) => id));
    const [joins] = positions(given.after?.filter(({ id }) => !former.has(id)));
    const leaves = given.before?.find(({ id }) => !given.after?.some((each) => each.id === id));
    if (!joins || !leaves) throw new Error('nobody leaves or joins');
    const now = after(
      index,
      { kind: 'ADD', ...joins },
      { kind: 'DELETE', symbol: leaves.id, finalPrice: null },
    );
    expect(units(now)).toBeCloseTo(given.divisor_after, 9);
    expect(levelAt(now)).toBe(decimal(String(given.level_after)));
  });
});
