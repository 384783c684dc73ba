import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import {
  afterTakings,
  type LotTaking,
  ORDERED_RELIEF_METHODS,
  type OrderedReliefMethod,
  inReliefOrder,
  relieve,
  relieveElected,
} from './lot-relief.ts';
import { compareUnitCost, pooled, type TaxLot } from './tax-lot.ts';
import { lot, money, shown, sum, units } from './tax-lot-test-support.ts';

const withLotIds = (takings: readonly LotTaking[]) =>
  takings.map((taking) => ({ ...taking, lotId: taking.lot.lotId }));

/** Lots of one side, many of them with equal unit costs. */
const lots = fc
  .tuple(
    fc.boolean(),
    fc.array(
      fc.record({
        units: fc.bigInt(1n, 1000n),
        cost: fc.bigInt(1n, 4n),
        resets: fc.bigInt(-5n, 5n),
      }),
      { minLength: 1, maxLength: 30 },
    ),
  )
  .map(([isShort, given]) =>
    given.map(({ units: open, cost, resets }, index): TaxLot => {
      const sign = isShort ? -1n : 1n;
      return lot(`L${index}`, '2026-01-05', '1', '1', {
        quantity: quantity(sign * open),
        costBasis: amount(sign * open * cost),
        settledResets: amount(resets),
      });
    }),
  );

describe('order of relief', () => {
  /** The whole list sorted, which is what the kernels avoid. */
  const sorted: Record<OrderedReliefMethod, (open: readonly TaxLot[]) => readonly TaxLot[]> = {
    FIFO: (open) => open,
    LIFO: (open) => open.toReversed(),
    HIFO: (open) => open.toSorted((a, b) => sideOf(a) * compareUnitCost(b, a)),
    LOFO: (open) => open.toSorted((a, b) => sideOf(a) * compareUnitCost(a, b)),
    AVERAGE: pooled,
  };
  const sideOf = ({ quantity: open }: TaxLot) => (open < 0n ? -1 : 1);

  test.each(ORDERED_RELIEF_METHODS)('%s is that of a stable sort of all lots', (method) => {
    fc.assert(
      fc.property(lots, (open) => {
        expect(inReliefOrder(method, open)).toEqual(sorted[method](open));
      }),
    );
  });

  test('what resets have paid counts as cost', () => {
    const open = [
      lot('L1', '2026-01-05', '1', '10', { settledResets: money('5') }),
      lot('L2', '2026-01-06', '1', '12'),
    ];
    expect(inReliefOrder('HIFO', open).map(({ lotId }) => lotId)).toEqual(['L1', 'L2']);
  });
});

describe('what leaves and what stays', () => {
  test('together they are what was there, whatever is taken', () => {
    const method = fc.constantFrom(...ORDERED_RELIEF_METHODS);
    fc.assert(
      fc.property(lots, method, fc.bigInt(1n, 20_000n), (given, by, wanted) => {
        const open = by === 'AVERAGE' ? pooled(given) : given;
        const takings = relieve(by, open, quantity(wanted));
        const left = afterTakings(open, withLotIds(takings));
        const total = (all: readonly TaxLot[], key: 'costBasis' | 'settledResets') =>
          sum(all.map((each) => each[key]));
        expect(total(left, 'costBasis') + sum(takings.map((each) => each.basisOut))).toBe(
          total(open, 'costBasis'),
        );
        expect(
          total(left, 'settledResets') + sum(takings.map((each) => each.settledResetsOut)),
        ).toBe(total(open, 'settledResets'));
        const unitsOf = (all: readonly TaxLot[]) =>
          sum(all.map((each) => (each.quantity < 0n ? -each.quantity : each.quantity)));
        const taken = sum(takings.map((each) => each.takenQuantity));
        expect(unitsOf(left) + taken).toBe(unitsOf(open));
        expect(taken).toBe(wanted < unitsOf(open) ? wanted : unitsOf(open));
      }),
    );
  });

  test('the part of a lot is rounded half-even to 1e-8 and the rest stays', () => {
    const open = [lot('L1', '2026-01-05', '3', '10', { settledResets: money('-1') })];
    const [taking] = relieve('FIFO', open, units('1'));
    expect(taking).toMatchObject({
      basisOut: money('3.33333333'),
      settledResetsOut: money('-0.33333333'),
    });
    expect(afterTakings(open, withLotIds(relieve('FIFO', open, units('1'))))).toEqual([
      lot('L1', '2026-01-05', '2', '6.66666667', { settledResets: money('-0.66666667') }),
    ]);
  });

  test('a pool keeps its units without a wash sale as long as it can', () => {
    const open = [lot('L1', '2026-01-05', '10', '10', { washReplaced: units('4') })];
    const left = (taken: string) =>
      afterTakings(open, withLotIds(relieve('FIFO', open, units(taken))))[0]?.washReplaced;
    expect(left('6')).toBe(units('4'));
    expect(left('7')).toBe(units('3'));
  });
});

describe('SPECIFIC takes the elected lots', () => {
  const open = [
    lot('L1', '2026-01-05', '100', '5005'),
    lot('L2', '2026-02-10', '100', '6005'),
    lot('L3', '2026-03-15', '50', '2255'),
  ];
  const elect = (...chosen: readonly (readonly [string, string])[]) =>
    chosen.map(([lotId, text]) => ({ lotId, quantity: units(text) }));

  test('golden [G-9]: L3 50 and L2 70 of a sale of 120', () => {
    const relief = relieveElected(open, units('120'), elect(['L3', '50'], ['L2', '70']));
    if (!relief.ok) throw new Error(relief.message);
    const basisOut = sum(relief.takings.map((each) => each.basisOut));
    expect(formatDecimal(basisOut)).toBe('6458.5');
    expect(formatDecimal(money('6954') - basisOut)).toBe('495.5');
    const left = afterTakings(open, withLotIds(relief.takings));
    expect(shown(left)).toEqual(['L1 100 = 5005', 'L2 30 = 1801.5']);
  });

  test('a trade that crosses zero elects all that is open', () => {
    const all = elect(['L1', '100'], ['L2', '100'], ['L3', '50']);
    expect(relieveElected(open, units('300'), all)).toMatchObject({ ok: true });
  });

  test.each<[string, string, ReturnType<typeof elect>, string, string]>([
    ['no lots', '10', [], 'LOTS_NOT_ELECTED', 'was empty'],
    ['an unknown lot', '10', elect(['L9', '10']), 'INVALID_LOT_ELECTION', 'was "L9"'],
    [
      'a lot twice',
      '10',
      elect(['L1', '5'], ['L1', '5']),
      'INVALID_LOT_ELECTION',
      'each once, was "L1"',
    ],
    ['zero units', '10', elect(['L1', '0']), 'INVALID_LOT_ELECTION', 'above 0 and at most the 100'],
    ['more than the lot has', '60', elect(['L3', '60']), 'INVALID_LOT_ELECTION', '50 open units'],
    ['too few', '120', elect(['L3', '50']), 'INVALID_LOT_ELECTION', 'expected 120 units in all'],
    ['too many', '40', elect(['L3', '50']), 'INVALID_LOT_ELECTION', 'were 50'],
    [
      'less than is open when crossing zero',
      '300',
      elect(['L1', '100'], ['L2', '100']),
      'INVALID_LOT_ELECTION',
      'expected 250 units in all, were 200',
    ],
  ])('refuses %s', (_case, wanted, elected, reason, message) => {
    expect(relieveElected(open, units(wanted), elected)).toMatchObject({
      ok: false,
      reason,
      message: expect.stringContaining(message),
    });
  });
});
