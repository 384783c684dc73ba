import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { amount, price, quantity } from '#kernel/money';
import { compressLots, inflateLots } from './compressed-lots.ts';
import { ORDERED_RELIEF_METHODS, type OrderedReliefMethod } from './lot-relief.ts';
import { weekdays } from './book-calendar.ts';
import { initialPosition, type Position } from './position.ts';
import { evolve } from './evolve.ts';
import { decide } from './position-decider.ts';
import {
  appliedOf,
  positionAfter,
  termsWith,
  TODAY,
  trade as fixedTrade,
} from './position-test-support.ts';
import type { Trade } from './trade.ts';
import { cashOf, signedQuantity } from './trade-allocation.ts';

const START = businessDate('2024-01-01');

/** Current-dated trades on one position, with quantities and prices that do not divide evenly. */
const trades = fc
  .array(
    fc.record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      quantity: fc.oneof(fc.bigInt(1n, 5n), fc.bigInt(1n, 10n ** 13n)),
      price: fc.oneof(fc.bigInt(1n, 100n), fc.bigInt(1n, 10n ** 12n)),
      fees: fc.bigInt(0n, 10n ** 10n),
      daysLater: fc.nat(3),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((terms) => {
    let date = START;
    return terms.map((each, index): Trade => {
      date = addDays(date, each.daysLater);
      return {
        ...fixedTrade(`T${index}`, each.side, '1', '1'),
        quantity: quantity(each.quantity),
        price: price(each.price),
        fees: amount(each.fees),
        effectiveDate: date,
      };
    });
  });

const methods = fc.constantFrom<OrderedReliefMethod>(...ORDERED_RELIEF_METHODS);
const sum = (values: readonly bigint[]): bigint => values.reduce((total, each) => total + each, 0n);

describe('over random streams of trades, by every relief method', () => {
  test('realized P&L = cash received - cash paid + basis still open', () => {
    fc.assert(
      fc.property(trades, methods, (stream, method) => {
        const position = positionAfter(stream, method);
        expect(position.realizedPnl).toBe(sum(stream.map(cashOf)) + position.costBasis);
      }),
    );
  });

  test('open units = bought - sold, all lots on one side, basis the sum of the lots', () => {
    fc.assert(
      fc.property(trades, methods, (stream, method) => {
        const { lots, quantity: open, costBasis } = positionAfter(stream, method);
        expect(open).toBe(sum(stream.map(signedQuantity)));
        expect(sum(lots.map((lot) => lot.quantity))).toBe(open);
        expect(sum(lots.map((lot) => lot.costBasis))).toBe(costBasis);
        expect(lots.every((lot) => lot.quantity !== 0n && lot.quantity < 0n === open < 0n)).toBe(
          true,
        );
      }),
    );
  });

  test('a trade closes and opens exactly its units, and its cash', () => {
    fc.assert(
      fc.property(trades, methods, (stream, reliefMethod) => {
        let position = initialPosition;
        for (const trade of stream) {
          const decision = decide(position, {
            type: 'ApplyTrade',
            trade,
            today: TODAY,
            terms: termsWith(reliefMethod),
            calendar: weekdays,
            uti: '',
          });
          if (!decision.ok) throw new Error(decision.reason);
          for (const event of decision.events) {
            const { allocations, opened } = appliedOf([event]);
            const closed = sum(allocations.map((each) => each.takenQuantity));
            const openedUnits = opened?.quantity ?? 0n;
            const units = openedUnits < 0n ? 0n - openedUnits : openedUnits;
            expect(closed + units).toBe(trade.quantity);
            const cash = sum(allocations.map((each) => each.proceeds)) - (opened?.costBasis ?? 0n);
            expect(cash).toBe(cashOf(trade));
          }
          position = decision.events.reduce<Position>(evolve, position);
        }
      }),
    );
  });

  test('inflating compressed lots gives the lots back, through JSON too', () => {
    fc.assert(
      fc.property(trades, methods, (stream, method) => {
        const { lots } = positionAfter(stream, method);
        expect(inflateLots(JSON.parse(JSON.stringify(compressLots(lots))))).toEqual(lots);
      }),
    );
  });
});

test('lots of another trade than their id keep it', () => {
  const [lot] = positionAfter([fixedTrade('T1', 'BUY', '1', '1')]).lots;
  if (lot === undefined) throw new Error('expected a lot');
  const moved = [{ ...lot, lotId: 'T1/SPLIT' }];
  expect(inflateLots(compressLots(moved))).toEqual(moved);
});

test('damaged lots are not read', () => {
  const two = ['1', '2'];
  const damaged = { ids: two, dates: ['2026-01-01'], quantities: two, bases: two };
  expect(() => inflateLots(damaged)).toThrow('expected arrays of 2 lots, were 1, 2, 2');
});
