import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { notional, price } from '#kernel/money';
import { afterTakings, type OrderedReliefMethod, relieve } from './lot-relief.ts';
import { openedLot, type TaxLot } from './tax-lot.ts';
import { date, lot, money, shown, sum, units } from './tax-lot-test-support.ts';
import {
  afterWashSales,
  NO_WASH_MEMORY,
  type WashMemory,
  washMemoryAfterSplit,
  washSales,
} from './wash-sale.ts';

interface Ledger {
  readonly lots: readonly TaxLot[];
  readonly memory: WashMemory;
  /** Losses that are allowed and gains, after wash sales. */
  readonly realized: bigint;
  /** Received less paid. */
  readonly cash: bigint;
  /** Units open, counted by the trades. */
  readonly open: bigint;
  readonly disallowed: readonly string[];
}
type Deal = readonly [string, string, 'BUY' | 'SELL', string, string];

/** A small position: trades without fees that open, or close at most all that is open. */
function ledger(deals: readonly Deal[], method: OrderedReliefMethod = 'FIFO'): Ledger {
  const start: Ledger = {
    lots: [],
    memory: NO_WASH_MEMORY,
    realized: 0n,
    cash: 0n,
    open: 0n,
    disallowed: [],
  };
  return deals.reduce((state, [tradeId, on, side, quantity, at], index) => {
    const sign = side === 'BUY' ? 1n : -1n;
    const value = (taken: bigint) => sign * notional(price(units(at)), units(formatDecimal(taken)));
    const closes = state.lots.some((lot) => lot.quantity < 0n !== sign < 0n);
    const takings = closes ? relieve(method, state.lots, units(quantity)) : [];
    const allocations = takings.map((each) => {
      const gain = -value(each.takenQuantity) - each.basisOut;
      return { ...each, lotId: each.lot.lotId, gain: money(formatDecimal(gain)) };
    });
    const opened = openedLot({
      lotId: tradeId,
      serial: index,
      openDate: date(on),
      quantity: units(formatDecimal(sign * units(quantity))),
      costBasis: money(formatDecimal(value(units(quantity)))),
    });
    const after = closes ? afterTakings(state.lots, allocations) : [...state.lots, opened];
    const trade = {
      tradeId,
      effectiveDate: date(on),
      allocations,
      openedLotId: closes ? null : tradeId,
    };
    const { adjustments, memory } = washSales(state.memory, trade, {
      before: state.lots,
      after,
      method,
    });
    const dealt = closes ? sum(takings.map((each) => each.takenQuantity)) : units(quantity);
    const moved = sum(adjustments.map((each) => each.disallowed));
    return {
      lots: afterWashSales(after, adjustments),
      memory,
      cash: state.cash - value(dealt),
      open: state.open + sign * dealt,
      realized: state.realized + sum(allocations.map(({ gain }) => gain)) + moved,
      disallowed: [
        ...state.disallowed,
        ...adjustments.map((each) => {
          return (
            `${each.saleTradeId} -> ${each.adjustedLotId}: ` +
            `${formatDecimal(each.quantity)}, ${formatDecimal(each.disallowed)}`
          );
        }),
      ],
    };
  }, start);
}

describe('golden [G-12]: bought after the sale', () => {
  const deals: readonly Deal[] = [
    ['B1', '2026-01-05', 'BUY', '100', '50'],
    ['S1', '2026-03-02', 'SELL', '100', '42'],
    ['B2', '2026-03-20', 'BUY', '60', '43'],
  ];

  test('480 of 800 are disallowed and go into the basis of the 60', () => {
    const { lots, realized, disallowed } = ledger(deals);
    expect(disallowed).toEqual(['S1 -> B2: 60, 480']);
    expect(realized).toBe(units('-320'));
    expect(shown(lots)).toEqual(['B2 60 = 3060']);
    expect(lots[0]).toMatchObject({
      openDate: '2026-03-20',
      acquiredOn: '2026-01-23',
      washReplaced: units('60'),
      parentLotId: null,
    });
  });

  test('selling the 60 at 55 makes the sum the economic -80', () => {
    const sold = ledger([...deals, ['S2', '2026-05-04', 'SELL', '60', '55']]);
    expect(sold.realized - ledger(deals).realized).toBe(units('240'));
    expect(sold.realized).toBe(units('-80'));
  });

  test('a short is the mirror, with the loss of its cover', () => {
    const short = ledger([
      ['B1', '2026-01-05', 'SELL', '100', '42'],
      ['S1', '2026-03-02', 'BUY', '100', '50'],
      ['B2', '2026-03-20', 'SELL', '60', '49'],
    ]);
    expect(short.disallowed).toEqual(['S1 -> B2: 60, 480']);
    expect(short.realized).toBe(units('-320'));
    // Proceeds 2940 less 480: the cover of the 60 gains that much less.
    expect(shown(short.lots)).toEqual(['B2 -60 = -2460']);
  });
});

describe('golden [G-13]: bought before the sale', () => {
  test('320 of the loss go into the 40 that are still open', () => {
    const { lots, memory, disallowed } = ledger([
      ['B1', '2026-01-05', 'BUY', '100', '50'],
      ['B2', '2026-02-20', 'BUY', '40', '45'],
      ['S1', '2026-03-02', 'SELL', '100', '42'],
    ]);
    expect(disallowed).toEqual(['S1 -> B2: 40, 320']);
    expect(shown(lots)).toEqual(['B2 40 = 2120']);
    expect(memory.losses).toMatchObject([{ quantity: units('60'), loss: money('480') }]);
  });
});

describe('the window of 61 days', () => {
  test.each([
    ['30 days after', '2026-04-01', 1],
    ['31 days after', '2026-04-02', 0],
  ])('bought %s the sale', (_case, bought, count) => {
    const { disallowed } = ledger([
      ['B1', '2026-01-05', 'BUY', '10', '50'],
      ['S1', '2026-03-02', 'SELL', '10', '42'],
      ['B2', bought, 'BUY', '10', '43'],
    ]);
    expect(disallowed).toHaveLength(count);
  });

  test.each([
    ['30 days before', '2026-01-31', 1],
    ['31 days before', '2026-01-30', 0],
  ])('bought %s the sale', (_case, bought, count) => {
    const { disallowed } = ledger([
      ['B1', '2026-01-05', 'BUY', '10', '50'],
      ['B2', bought, 'BUY', '10', '43'],
      ['S1', '2026-03-02', 'SELL', '10', '42'],
    ]);
    expect(disallowed).toHaveLength(count);
  });

  test('a purchase that comes in late counts by its date, not by its arrival', () => {
    const boughtOn = (bought: string) =>
      ledger([
        ['B1', '2026-01-05', 'BUY', '10', '50'],
        ['S1', '2026-03-02', 'SELL', '10', '42'],
        ['B2', bought, 'BUY', '10', '43'],
      ]).disallowed;
    expect(boughtOn('2026-01-31')).toEqual(['S1 -> B2: 10, 80']);
    expect(boughtOn('2026-01-30')).toEqual([]);
  });

  test('a loss older than the window is forgotten, a younger one is not', () => {
    const deals: readonly Deal[] = [
      ['B1', '2026-01-05', 'BUY', '10', '50'],
      ['S1', '2026-03-02', 'SELL', '5', '42'],
      ['S2', '2026-03-03', 'SELL', '5', '42'],
    ];
    expect(ledger(deals).memory.losses).toHaveLength(2);
    const later = ledger([...deals, ['B2', '2026-04-02', 'BUY', '1', '43']]);
    expect(later.disallowed).toEqual(['S2 -> B2: 1, 8']);
    expect(later.memory.losses).toMatchObject([{ saleTradeId: 'S2', quantity: units('4') }]);
  });
});

describe('who replaces whom', () => {
  test('the lot bought first, and part of the next, which is split', () => {
    const { lots, disallowed } = ledger([
      ['B1', '2026-01-05', 'BUY', '100', '50'],
      ['B2', '2026-02-20', 'BUY', '40', '45'],
      ['B3', '2026-02-25', 'BUY', '90', '44'],
      ['S1', '2026-03-02', 'SELL', '100', '42'],
    ]);
    expect(disallowed).toEqual(['S1 -> B2: 40, 320', 'S1 -> B3~1: 60, 480']);
    expect(shown(lots)).toEqual(['B2 40 = 2120', 'B3 30 = 1320', 'B3~1 60 = 3120']);
    expect(lots[2]).toMatchObject({
      parentLotId: 'B3',
      sourceTradeId: 'B3',
      serial: lots[1]?.serial,
      openDate: '2026-02-25',
      acquiredOn: '2025-12-31',
      washReplaced: units('60'),
    });
    expect(lots[1]).toMatchObject({ acquiredOn: '2026-02-25', washReplaced: 0n });
  });

  test('earlier losses first, each unit of the purchase only once', () => {
    const { lots, disallowed } = ledger([
      ['B1', '2026-01-05', 'BUY', '100', '50'],
      ['S1', '2026-03-02', 'SELL', '30', '42'],
      ['S2', '2026-03-03', 'SELL', '30', '41'],
      ['B2', '2026-03-20', 'BUY', '50', '43'],
      ['B3', '2026-03-21', 'BUY', '50', '43'],
    ]);
    // What is left of B1 does not count; S1 splits B2, S2 takes its rest and a part of B3.
    expect(disallowed).toEqual(['S1 -> B2~1: 30, 240', 'S2 -> B2: 20, 180', 'S2 -> B3~2: 10, 90']);
    expect(shown(lots)).toEqual([
      'B1 40 = 2000',
      'B2 20 = 1040',
      'B2~1 30 = 1530',
      'B3 40 = 1720',
      'B3~2 10 = 520',
    ]);
  });

  test('the rest of the lot that was sold does not count', () => {
    const { disallowed } = ledger([
      ['B1', '2026-02-20', 'BUY', '100', '50'],
      ['S1', '2026-03-02', 'SELL', '50', '42'],
    ]);
    expect(disallowed).toEqual([]);
  });

  test('a short sale does not replace what was held long', () => {
    const { disallowed } = ledger([
      ['B1', '2026-01-05', 'BUY', '10', '50'],
      ['S1', '2026-03-02', 'SELL', '10', '42'],
      ['S2', '2026-03-10', 'SELL', '10', '41'],
    ]);
    expect(disallowed).toEqual([]);
  });

  test('units that replaced a loss do not replace another', () => {
    const { disallowed, memory } = ledger([
      ['B1', '2026-01-05', 'BUY', '20', '50'],
      ['B2', '2026-02-20', 'BUY', '10', '45'],
      ['S1', '2026-03-02', 'SELL', '10', '42'],
      ['S2', '2026-03-03', 'SELL', '10', '42'],
    ]);
    expect(disallowed).toEqual(['S1 -> B2: 10, 80']);
    expect(memory.losses).toMatchObject([{ saleTradeId: 'S2', quantity: units('10') }]);
  });

  test('a loss carried by a replacement is washed on when that is sold at a loss', () => {
    const { disallowed, realized } = ledger([
      ['B1', '2026-01-05', 'BUY', '10', '50'],
      ['S1', '2026-03-02', 'SELL', '10', '42'],
      ['B2', '2026-03-10', 'BUY', '10', '43'],
      ['S2', '2026-03-20', 'SELL', '10', '40'],
      ['B3', '2026-03-25', 'BUY', '10', '41'],
    ]);
    // B2 cost 430 + 80: sold for 400 it loses 110, which goes on to B3.
    expect(disallowed).toEqual(['S1 -> B2: 10, 80', 'S2 -> B3: 10, 110']);
    expect(realized).toBe(0n);
  });

  test('a gain washes nothing, and a pool neither', () => {
    expect(
      ledger([
        ['B1', '2026-01-05', 'BUY', '10', '40'],
        ['S1', '2026-03-02', 'SELL', '10', '42'],
        ['B2', '2026-03-20', 'BUY', '10', '43'],
      ]),
    ).toMatchObject({ disallowed: [], memory: { losses: [] } });
    const pool = ledger(
      [
        ['B1', '2026-01-05', 'BUY', '10', '50'],
        ['S1', '2026-03-02', 'SELL', '10', '42'],
        ['B2', '2026-03-20', 'BUY', '10', '43'],
      ],
      'AVERAGE',
    );
    expect(pool.disallowed).toEqual([]);
  });

  test('a loss that does not divide evenly moves to the last digit', () => {
    const opened = (lotId: string, on: string, open: string) => lot(lotId, on, open, '40');
    const sold = lot('B1', '2026-01-05', '3', '100');
    const bought = [opened('B2', '2026-02-25', '1'), opened('B3', '2026-02-26', '2')];
    const { adjustments } = washSales(
      NO_WASH_MEMORY,
      {
        tradeId: 'S1',
        effectiveDate: date('2026-03-02'),
        allocations: [{ lotId: 'B1', takenQuantity: units('3'), gain: money('-1') }],
        openedLotId: null,
      },
      { before: [sold, ...bought], after: bought, method: 'FIFO' },
    );
    expect(adjustments.map(({ disallowed }) => formatDecimal(disallowed))).toEqual([
      '0.33333333',
      '0.66666667',
    ]);
  });
});

describe('after a split', () => {
  const memory: WashMemory = {
    ...NO_WASH_MEMORY,
    losses: [
      {
        saleTradeId: 'S1',
        saleDate: date('2026-03-02'),
        lossLotId: 'B1',
        sourceTradeId: 'B1',
        isShort: false,
        holdingDays: 56,
        quantity: units('100'),
        loss: money('800'),
      },
    ],
  };

  test('what was lost is on other units, and the loss is the same', () => {
    const { losses } = washMemoryAfterSplit(memory, { numerator: 3n, denominator: 2n });
    expect(losses).toEqual([{ ...memory.losses[0], quantity: units('150') }]);
  });

  test('a loss on less than the smallest unit is forgotten', () => {
    const ratio = { numerator: 1n, denominator: 10n ** 11n };
    expect(washMemoryAfterSplit(memory, ratio).losses).toEqual([]);
  });
});

test('over any trades, realized gain = cash + basis still open, and lots are washed whole', () => {
  const deals = fc.array(
    fc.tuple(
      fc.nat(12),
      fc.constantFrom('BUY' as const, 'SELL' as const),
      fc.bigInt(1n, 40n),
      fc.bigInt(30n, 60n),
    ),
    { maxLength: 25 },
  );
  const methods = fc.constantFrom('FIFO' as const, 'LIFO' as const, 'HIFO' as const);
  let washed = 0;
  fc.assert(
    fc.property(deals, methods, (given, method) => {
      let on = date('2026-01-05');
      const { lots, realized, cash, open, disallowed } = ledger(
        given.map(([days, side, quantity, at], index): Deal => {
          on = addDays(on, days);
          return [`T${index}`, on, side, `${quantity}`, `${at}`];
        }),
        method,
      );
      washed += disallowed.length;
      expect(realized).toBe(cash + sum(lots.map((each) => each.costBasis)));
      expect(sum(lots.map((each) => each.quantity))).toBe(open);
      expect(new Set(lots.map(({ lotId }) => lotId)).size).toBe(lots.length);
      for (const each of lots) {
        const size = each.quantity < 0n ? -each.quantity : each.quantity;
        expect([0n, size]).toContain(each.washReplaced);
        expect(each.acquiredOn <= each.openDate).toBe(true);
      }
    }),
  );
  expect(washed).toBeGreaterThan(0);
});

test('adjustments of lots that are gone change nothing', () => {
  const { lots } = ledger([['B1', '2026-01-05', 'BUY', '3', '50']]);
  const gone = {
    saleTradeId: 'S1',
    saleDate: date('2026-01-06'),
    lossLotId: 'B0',
    replacementLotId: 'B9',
    adjustedLotId: 'B9',
    quantity: units('1'),
    disallowed: money('1'),
    acquiredOn: date('2026-01-01'),
  };
  expect(afterWashSales(lots, [gone])).toEqual(lots);
});
