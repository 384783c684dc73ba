import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { amount, quantity } from '#kernel/money';
import { compressLots, inflateLots } from './compressed-lots.ts';
import { openedLot, type TaxLot } from './tax-lot.ts';

const START = businessDate('2024-01-01');

const plainLot = (index: number): TaxLot =>
  openedLot({
    lotId: `T${index}`,
    serial: index,
    openDate: addDays(START, index),
    quantity: quantity(100n),
    costBasis: amount(200n),
  });

const lots = fc.array(
  fc
    .record({
      id: fc.nat(),
      serial: fc.nat(),
      daysHeld: fc.nat(100),
      tacked: fc.oneof(fc.constant(0), fc.nat(400)),
      quantity: fc.bigInt(-(10n ** 18n), 10n ** 18n),
      costBasis: fc.bigInt(-(10n ** 27n), 10n ** 27n),
      settledResets: fc.oneof(fc.constant(0n), fc.bigInt(-(10n ** 20n), 10n ** 20n)),
      parentLotId: fc.option(fc.constant('P')),
      ownTrade: fc.boolean(),
      washReplaced: fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n ** 12n)),
    })
    .map((given): TaxLot => {
      const openDate = addDays(START, given.daysHeld);
      return {
        lotId: `T${given.id}`,
        serial: given.serial,
        openDate,
        acquiredOn: addDays(openDate, -given.tacked),
        quantity: quantity(given.quantity),
        costBasis: amount(given.costBasis),
        settledResets: amount(given.settledResets),
        sourceTradeId: given.ownTrade ? `T${given.id}` : 'another',
        parentLotId: given.parentLotId,
        washReplaced: quantity(given.washReplaced),
      };
    }),
  { maxLength: 8 },
);

test('inflating compressed lots of any content gives the lots back, through JSON too', () => {
  fc.assert(
    fc.property(lots, (each) => {
      expect(inflateLots(JSON.parse(JSON.stringify(compressLots(each))))).toEqual(each);
    }),
  );
});

test('lots as their trades opened them are stored by id, date, quantity and basis alone', () => {
  const compressed = compressLots([plainLot(0), plainLot(1)]);
  expect(compressed).toEqual({
    ids: ['T0', 'T1'],
    dates: ['2024-01-01', '2024-01-02'],
    quantities: ['0.000001', '0.000001'],
    bases: ['0.000002', '0.000002'],
  });
  expect(inflateLots(compressed)).toEqual([plainLot(0), plainLot(1)]);
});

test('a column of the new fields that is too short is damage', () => {
  const compressed = compressLots([plainLot(0), plainLot(1)]);
  expect(() => inflateLots({ ...compressed, washed: ['1'] })).toThrow(
    'expected arrays of 2 lots, were 2, 2, 2, 1',
  );
});
