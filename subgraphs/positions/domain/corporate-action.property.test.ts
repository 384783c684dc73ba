import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { amount, price, quantity } from '#kernel/money';
import type { CorporateAction } from './corporate-action.ts';
import { afterCorporateAction, applyCorporateAction } from './corporate-action-effect.ts';
import { LOT_RELIEF_METHODS } from './lot-relief.ts';
import { carryingBasis, pooled, type TaxLot } from './tax-lot.ts';
import { date, lot, sum } from './tax-lot-test-support.ts';

const prices = fc.bigInt(0n, 10n ** 12n).map(price);
const ratio = { numerator: fc.bigInt(1n, 50n), denominator: fc.bigInt(1n, 50n) };
const cashInLieu = fc.option(
  fc.record({
    lotSize: fc.constantFrom(1n, 10n ** 8n, 10n ** 10n).map(quantity),
    price: prices,
  }),
);
const terms = { actionId: fc.constant('CA'), effectiveDate: fc.constant(date('2026-06-01')) };

const actions: fc.Arbitrary<CorporateAction> = fc.oneof(
  fc.record({ ...terms, ...ratio, type: fc.constant('SPLIT'), cashInLieu }),
  fc.record({ ...terms, ...ratio, type: fc.constant('STOCK_DIVIDEND'), cashInLieu }),
  fc.record({
    ...terms,
    ...ratio,
    type: fc.constant('SPIN_OFF'),
    childInstrumentId: fc.constant('ins_CHILD'),
    parentPrice: prices,
    childPrice: prices,
    cashInLieu,
  }),
  fc.record({
    ...terms,
    ...ratio,
    type: fc.constant('MERGER'),
    acquirerInstrumentId: fc.constant('ins_ACQUIRER'),
    acquirerPrice: prices,
    cashPerUnit: prices,
    cashInLieu,
  }),
  fc.record({ ...terms, type: fc.constant('CASH_MERGER'), cashPerUnit: prices }),
  fc.record({ ...terms, type: fc.constant('RETURN_OF_CAPITAL'), cashPerUnit: prices }),
  fc.record({
    ...terms,
    type: fc.constant('SYMBOL_CHANGE'),
    newInstrumentId: fc.constant('ins_NEW'),
  }),
);

const longLots = fc
  .array(
    fc.record({
      units: fc.oneof(fc.bigInt(1n, 9n), fc.bigInt(1n, 10n ** 12n)),
      costBasis: fc.bigInt(0n, 10n ** 14n),
      settledResets: fc.oneof(fc.constant(0n), fc.bigInt(-(10n ** 9n), 10n ** 9n)),
      isReplacement: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((given) =>
    given.map((each, index): TaxLot =>
      lot(`L${index}`, '2026-01-05', '1', '1', {
        quantity: quantity(each.units),
        costBasis: amount(each.costBasis),
        settledResets: amount(each.settledResets),
        washReplaced: quantity(each.isReplacement ? each.units : 0n),
      }),
    ),
  );

const mirrored = (lots: readonly TaxLot[]) =>
  lots.map((each): TaxLot => {
    return {
      ...each,
      quantity: quantity(-each.quantity),
      costBasis: amount(-each.costBasis),
      settledResets: amount(-each.settledResets),
    };
  });
const orders = fc.constantFrom<'FIFO' | 'LIFO' | 'HIFO' | 'LOFO'>('FIFO', 'LIFO', 'HIFO', 'LOFO');
const methods = fc.constantFrom(...LOT_RELIEF_METHODS);
const basisOf = (lots: readonly TaxLot[]) => sum(lots.map(carryingBasis));
const unitsOf = (lots: readonly TaxLot[]) => sum(lots.map((each) => each.quantity));

test('no basis leaks: what was there is left, delivered, or met by cash and gain', () => {
  fc.assert(
    fc.property(longLots, fc.boolean(), actions, methods, (long, isShort, action, method) => {
      const lots = isShort ? mirrored(long) : long;
      const effect = applyCorporateAction(lots, action, method);
      const delivered = effect.delivered?.lots ?? [];
      expect(effect.realizedPnl).toBe(
        effect.cash + basisOf(effect.lots) + basisOf(delivered) - basisOf(lots),
      );
      expect(effect.cash).toBe(sum(effect.perLot.map((each) => each.cash)));
      expect(effect.realizedPnl).toBe(sum(effect.perLot.map((each) => each.gain)));
      for (const each of [...effect.lots, ...delivered]) {
        expect(each.quantity !== 0n && each.quantity < 0n === isShort).toBe(true);
      }
      expect(afterCorporateAction(lots, effect.perLot, method)).toEqual(effect.lots);
    }),
  );
});

test('a short position is the mirror of the long one, to the last digit', () => {
  const mirror = { FIFO: 'FIFO', LIFO: 'LIFO', HIFO: 'LOFO', LOFO: 'HIFO' } as const;
  fc.assert(
    fc.property(longLots, actions, orders, (long, action, method) => {
      // The smallest gain first: of long lots the highest cost, of short ones the lowest proceeds.
      const effect = applyCorporateAction(long, action, method);
      const short = applyCorporateAction(mirrored(long), action, mirror[method]);
      expect(short.lots).toEqual(mirrored(effect.lots));
      expect(short.delivered?.lots ?? []).toEqual(mirrored(effect.delivered?.lots ?? []));
      expect(short.cash).toBe(-effect.cash);
      expect(short.realizedPnl).toBe(-effect.realizedPnl);
    }),
  );
});

test('a split makes its ratio of units, less than one unit of 1e-8 off, or whole lot sizes', () => {
  fc.assert(
    fc.property(longLots, actions, methods, (long, action, method) => {
      if (action.type !== 'SPLIT') return;
      const { lots } = applyCorporateAction(long, action, method);
      const exact = (unitsOf(long) * action.numerator) / action.denominator;
      const lotSize = action.cashInLieu?.lotSize ?? 1n;
      expect(unitsOf(lots)).toBe(exact - (exact % lotSize));
    }),
  );
});

test('a pool acts as one lot', () => {
  fc.assert(
    fc.property(longLots, actions, (long, action) => {
      const pooledFirst = applyCorporateAction(pooled(long), action, 'AVERAGE');
      expect(applyCorporateAction(long, action, 'AVERAGE')).toEqual(pooledFirst);
    }),
  );
});
