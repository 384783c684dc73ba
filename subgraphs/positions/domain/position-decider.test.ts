import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { quantity } from '#kernel/money';
import type { OrderedReliefMethod } from './lot-relief.ts';
import { weekdays } from './book-calendar.ts';
import { initialPosition, MAX_LOTS_PER_POSITION, type Position } from './position.ts';
import { evolve } from './evolve.ts';
import { decide } from './position-decider.ts';
import {
  aaplKey,
  appliedOf,
  positionAfter,
  termsWith,
  TODAY,
  trade,
  USD,
} from './position-test-support.ts';
import { openedLot, type TaxLot } from './tax-lot.ts';
import type { Trade } from './trade.ts';

const given = (...past: readonly Trade[]) => ({
  when: (next: Trade, reliefMethod: OrderedReliefMethod = 'FIFO') =>
    whenAt(positionAfter(past, reliefMethod), next, reliefMethod),
});

const whenAt = (position: Position, next: Trade, reliefMethod: OrderedReliefMethod = 'FIFO') =>
  decide(position, {
    type: 'ApplyTrade',
    trade: next,
    today: TODAY,
    terms: termsWith(reliefMethod),
    calendar: weekdays,
    uti: 'UTI-1',
  });

const figures = ({ quantity: units, costBasis, realizedPnl }: Position) =>
  [units, costBasis, realizedPnl].map(formatDecimal).join(' / ');

const lotsOf = ({ lots }: Position) =>
  lots.map(({ lotId, quantity: units, costBasis }) => {
    return `${lotId} ${formatDecimal(units)} = ${formatDecimal(costBasis)}`;
  });

describe('PS-3 a trade on a position', () => {
  test('opens a lot with the fee in its basis', () => {
    const decision = given().when(trade('T1', 'BUY', '100', '50', { fees: '5' }));
    expect(decision).toEqual({
      ok: true,
      events: [
        {
          type: 'TRADE_APPLIED',
          trade: trade('T1', 'BUY', '100', '50', { fees: '5' }),
          effect: 'NEW_TRADE',
          classification: 'CURRENT_DATED',
          reliefMethod: 'FIFO',
          allocations: [],
          opened: { lotId: 'T1', quantity: decimal('100'), costBasis: decimal('5005') },
          realizedPnl: 0n,
          uti: 'UTI-1',
          hasWashSales: false,
        },
      ],
    });
  });

  test('records from which lot every unit of a sale came, and what it earned', () => {
    const buys = [
      trade('T1', 'BUY', '100', '10', { on: '2026-11-18' }),
      trade('T2', 'BUY', '100', '12', { on: '2026-11-19' }),
    ];
    const decision = given(...buys).when(trade('T3', 'SELL', '150', '15'));
    expect(decision).toMatchObject({
      events: [
        {
          effect: 'DECREASE',
          opened: null,
          realizedPnl: decimal('650'),
          allocations: [
            {
              lotId: 'T1',
              openDate: '2026-11-18',
              takenQuantity: decimal('100'),
              basisOut: decimal('1000'),
              settledResetsOut: 0n,
              proceeds: decimal('1500'),
              gain: decimal('500'),
              rank: 1,
            },
            {
              lotId: 'T2',
              openDate: '2026-11-19',
              takenQuantity: decimal('50'),
              basisOut: decimal('600'),
              settledResetsOut: 0n,
              proceeds: decimal('750'),
              gain: decimal('150'),
              rank: 2,
            },
          ],
        },
      ],
    });
  });

  test('a flat position keeps its gains and opens anew', () => {
    const position = positionAfter([
      trade('T1', 'BUY', '10', '5'),
      trade('T2', 'SELL', '10', '7'),
      trade('T3', 'BUY', '1', '9'),
    ]);
    expect(figures(position)).toBe('1 / 9 / 20');
    expect(position.version).toBe(3);
  });
});

describe('PS-4 classification against the latest date in the lots', () => {
  const past = trade('T1', 'BUY', '1', '1', { on: '2026-11-19' });

  test.each([
    ['the same date, later arrival', '2026-11-19', { ok: true }],
    ['today', '2026-11-20', { ok: true }],
    ['tomorrow', '2026-11-21', { ok: true, events: [{ type: 'FORWARD_TRADE_BOOKED' }] }],
    [
      'before the latest date',
      '2026-11-18',
      { ok: true, events: [{ type: 'PROVISIONAL_TRADE_APPLIED', classification: 'BACKDATED' }] },
    ],
  ])('%s', (_case, on, expected) => {
    expect(given(past).when(trade('T2', 'BUY', '1', '1', { on }))).toMatchObject(expected);
  });

  test('the first trade of a position may be as old as it likes', () => {
    expect(given().when(trade('T1', 'BUY', '1', '1', { on: '1999-01-04' }))).toMatchObject({
      ok: true,
      events: [{ classification: 'CURRENT_DATED' }],
    });
  });
});

describe('limits of a position', () => {
  const lot = (index: number): TaxLot =>
    openedLot({
      lotId: `L${index}`,
      serial: index,
      openDate: TODAY,
      quantity: quantity(1n),
      costBasis: initialPosition.costBasis,
    });
  const full: Position = {
    ...initialPosition,
    quantity: quantity(BigInt(MAX_LOTS_PER_POSITION)),
    lots: Array.from({ length: MAX_LOTS_PER_POSITION }, (_, index) => lot(index)),
  };

  test('refuses the trade that would open one lot too many, not the one that closes', () => {
    expect(whenAt(full, trade('T1', 'BUY', '1', '1'))).toMatchObject({
      reason: 'TOO_MANY_LOTS',
      message: 'open lots of the position: expected at most 10000, were 10001',
    });
    expect(whenAt(full, trade('T1', 'SELL', '0.00000001', '1'))).toMatchObject({ ok: true });
  });

  test('refuses what would not fit the columns', () => {
    const most = '92233720368.54775807';
    expect(given(trade('T1', 'BUY', most, '1')).when(trade('T2', 'BUY', '1', '1'))).toMatchObject({
      reason: 'FIGURES_OUT_OF_RANGE',
      message: expect.stringContaining(`quantity after the trade: expected at most ${most}`),
    });
    expect(given().when(trade('T1', 'SELL', most, most))).toMatchObject({
      reason: 'FIGURES_OUT_OF_RANGE',
      message: expect.stringContaining('costBasis'),
    });
  });
});

describe('golden [G-9]: one sale by every relief method', () => {
  const buys = [
    trade('L1', 'BUY', '100', '50', { fees: '5', on: '2026-01-05' }),
    trade('L2', 'BUY', '100', '60', { fees: '5', on: '2026-02-10' }),
    trade('L3', 'BUY', '50', '45', { fees: '5', on: '2026-03-15' }),
  ];
  const sale = trade('S1', 'SELL', '120', '58', { fees: '6', on: '2026-04-20' });

  test.each<[OrderedReliefMethod, string[], string, string, string]>([
    ['FIFO', ['L1 100', 'L2 20'], '6206', '748', '130 / 7059 / 748'],
    ['LIFO', ['L3 50', 'L2 70'], '6458.5', '495.5', '130 / 6806.5 / 495.5'],
    ['HIFO', ['L2 100', 'L1 20'], '7006', '-52', '130 / 6259 / -52'],
    ['LOFO', ['L3 50', 'L1 70'], '5758.5', '1195.5', '130 / 7506.5 / 1195.5'],
    ['AVERAGE', ['L1 120'], '6367.2', '586.8', '130 / 6897.8 / 586.8'],
  ])('%s', (method, relieved, basisOut, gain, left) => {
    const before = positionAfter(buys, method);
    const decision = whenAt(before, sale, method);
    if (!decision.ok) throw new Error(decision.reason);
    const event = appliedOf(decision.events);
    const taken = event.allocations.map((a) => `${a.lotId} ${formatDecimal(a.takenQuantity)}`);
    expect(taken).toEqual(relieved);
    const out = event.allocations.reduce((sum, each) => sum + each.basisOut, 0n);
    expect(formatDecimal(out)).toBe(basisOut);
    expect(formatDecimal(event.realizedPnl)).toBe(gain);
    const after = decision.events.reduce<Position>(evolve, before);
    expect(figures(after)).toBe(left);
    expect(formatDecimal(out + after.costBasis)).toBe('13265');
  });

  test('leaves the lots that the method did not touch', () => {
    const left = (method: OrderedReliefMethod) => lotsOf(positionAfter([...buys, sale], method));
    expect(left('FIFO')).toEqual(['L2 80 = 4804', 'L3 50 = 2255']);
    expect(left('HIFO')).toEqual(['L1 80 = 4004', 'L3 50 = 2255']);
    expect(left('AVERAGE')).toEqual(['L1 130 = 6897.8']);
  });
});

describe('golden [G-10]: covering short lots', () => {
  const shorts = [
    trade('S1', 'SELL', '100', '40', { on: '2026-01-05' }),
    trade('S2', 'SELL', '50', '44', { on: '2026-02-10' }),
  ];
  const cover = trade('C1', 'BUY', '120', '42', { on: '2026-03-15' });

  test.each<[OrderedReliefMethod, string[], string[]]>([
    ['FIFO', ['-200', '40'], ['S2 -30 = -1320']],
    ['LIFO', ['100', '-140'], ['S1 -30 = -1200']],
    ['HIFO', ['-200', '40'], ['S2 -30 = -1320']],
    ['LOFO', ['100', '-140'], ['S1 -30 = -1200']],
  ])('%s', (method, gains, left) => {
    const before = positionAfter(shorts, method);
    const decision = whenAt(before, cover, method);
    if (!decision.ok) throw new Error(decision.reason);
    const seen = appliedOf(decision.events).allocations.map(({ gain }) => formatDecimal(gain));
    expect(seen).toEqual(gains);
    expect(lotsOf(decision.events.reduce<Position>(evolve, before))).toEqual(left);
  });

  test('a short position has a negative basis', () => {
    expect(figures(positionAfter(shorts))).toBe('-150 / -6200 / 0');
  });
});

describe('golden [G-11]: crossing zero', () => {
  const opened = trade('T1', 'BUY', '30', '20', { fees: '3', on: '2026-11-16' });
  const crossing = trade('T2', 'SELL', '80', '25', { fees: '8', on: '2026-11-17' });
  const covering = trade('T3', 'BUY', '50', '22', { fees: '5', on: '2026-11-18' });

  test('closes 30 for 144 and opens a short of 50 for 1245', () => {
    const position = positionAfter([opened, crossing]);
    expect(figures(position)).toBe('-50 / -1245 / 144');
    expect(position.lots).toEqual([
      {
        lotId: 'T2',
        serial: 1,
        openDate: businessDate('2026-11-17'),
        acquiredOn: businessDate('2026-11-17'),
        quantity: decimal('-50'),
        costBasis: decimal('-1245'),
        settledResets: 0n,
        sourceTradeId: 'T2',
        parentLotId: null,
        washReplaced: 0n,
      },
    ]);
  });

  test('covers for 140 more: 284 in all, the net cash', () => {
    const position = positionAfter([opened, crossing, covering]);
    expect(figures(position)).toBe('0 / 0 / 284');
    expect(position.lots).toEqual([]);
  });
});

test('an identity of a position is upper case, whatever the trade said', () => {
  expect(aaplKey.text).toBe(`BOOK-1|ACC-1|INS_AAPL|${USD}|-|NET`);
});
