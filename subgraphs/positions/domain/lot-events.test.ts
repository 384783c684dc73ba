import { describe, expect, test } from 'vitest';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import { weekdays } from './book-calendar.ts';
import type { CorporateAction } from './corporate-action.ts';
import {
  amend,
  apply,
  bust,
  correct,
  currentOf,
  type History,
  historyOf,
  submit,
} from './history-test-support.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { type LotState } from './position.ts';
import { termsWith, trade } from './position-test-support.ts';
import { targetOf } from './target-trade.ts';
import type { Trade } from './trade.ts';

const FRIDAY = businessDate('2026-03-20');
const on = (date: string) => ({ on: date });

function bought(method: LotReliefMethod = 'FIFO'): History {
  const history = historyOf(FRIDAY, termsWith(method));
  apply(history, trade('E1', 'BUY', '100', '10', on('2026-03-02')));
  apply(history, trade('E2', 'BUY', '100', '12', on('2026-03-09')));
  return history;
}

const figures = ({ quantity: units, costBasis, realizedPnl }: LotState) =>
  [units, costBasis, realizedPnl].map(formatDecimal).join(' / ');
const lotsOf = (history: History) =>
  currentOf(history).lots.map((lot) => `${lot.lotId} ${formatDecimal(lot.quantity)}`);
const elected = (...lots: readonly (readonly [string, string])[]) =>
  lots.map(([lotId, units]) => ({ lotId, quantity: quantity(decimal(units)) }));
const sale = (units: string, lots: Trade['electedLots'], date = '2026-03-18'): Trade => ({
  ...trade('S', 'SELL', units, '15', on(date)),
  electedLots: lots,
});

describe('SPECIFIC: the lots of a sale are chosen', () => {
  test('and taken, whichever they are', () => {
    const history = bought('SPECIFIC');
    expect(apply(history, sale('120', elected(['E2', '90'], ['E1', '30'])))).toBeUndefined();
    expect(lotsOf(history)).toEqual(['E1 70', 'E2 10']);
  });

  test.each([
    ['none chosen', null, 'LOTS_NOT_ELECTED'],
    ['an empty list', [], 'LOTS_NOT_ELECTED'],
    ['a lot that is not there', elected(['E9', '120']), 'INVALID_LOT_ELECTION'],
    ['too few units', elected(['E1', '100']), 'INVALID_LOT_ELECTION'],
    ['more than a lot has', elected(['E1', '120']), 'INVALID_LOT_ELECTION'],
  ])('refused, never others instead: %s', (_case, lots, reason) => {
    expect(apply(bought('SPECIFIC'), sale('120', lots))).toBe(reason);
  });

  test('a sale of all that is held leaves no choice and needs none', () => {
    const history = bought('SPECIFIC');
    expect(apply(history, sale('200', null))).toBeUndefined();
    expect(lotsOf(history)).toEqual([]);
  });

  test('a choice for one sale goes before the method of the contract', () => {
    const history = bought('FIFO');
    apply(history, sale('100', elected(['E2', '100'])));
    expect(lotsOf(history)).toEqual(['E1 100']);
    expect(history.known.at(-1)?.event).toMatchObject({ reliefMethod: 'SPECIFIC' });
    expect(currentOf(history).reliefMethod).toBe('FIFO');
  });

  test('a bust that takes a chosen lot away is not corrected until others are chosen', () => {
    const history = bought('SPECIFIC');
    apply(history, sale('100', elected(['E2', '100'])));
    bust(history, 'E2');
    expect(correct(history)).toBe('ELECTION_BROKEN');
    expect(currentOf(history)).toMatchObject({
      reconciliationStatus: 'PROVISIONAL',
      statusReason: 'ELECTION_BROKEN',
    });
    amend(history, 'S', (terms) => ({ ...terms, electedLots: elected(['E1', '100']) }));
    expect(correct(history)).toBe('CORRECTED');
    expect(figures(currentOf(history))).toBe('0 / 0 / 500');
  });
});

describe('lots chosen after the sale', () => {
  const elect = (history: History, lots: Trade['electedLots'], tradeId = 'S') =>
    submit(history, {
      type: 'ElectLots',
      tradeId,
      target: targetOf(history.known, tradeId),
      lots: lots ?? [],
      lotsFault: null,
      today: history.today,
      calendar: weekdays,
    });

  test('count from their correction on', () => {
    const history = bought('FIFO');
    apply(history, sale('100', null));
    expect(figures(currentOf(history))).toBe('100 / 1200 / 500');
    expect(elect(history, elected(['E2', '100']))).toBeUndefined();
    expect(figures(currentOf(history))).toBe('100 / 1200 / 500');
    expect(currentOf(history).reconciliationStatus).toBe('PROVISIONAL');
    correct(history);
    expect(figures(currentOf(history))).toBe('100 / 1000 / 300');
  });

  test('the last choice is the one that counts', () => {
    const history = bought('FIFO');
    apply(history, sale('100', null));
    elect(history, elected(['E9', '100']));
    expect(correct(history)).toBe('ELECTION_BROKEN');
    elect(history, elected(['E2', '100']));
    expect(correct(history)).toBe('CORRECTED');
    expect(lotsOf(history)).toEqual(['E1 100']);
  });

  test.each([
    ['of an unknown sale', 'NOPE', '2026-03-18', elected(['E1', '1']), 'UNKNOWN_TRADE'],
    ['after settlement', 'S', '2026-03-17', elected(['E1', '100']), 'SETTLED_ALREADY'],
    ['of no lot', 'S', '2026-03-18', [], 'LOTS_NOT_ELECTED'],
    [
      'of a lot twice',
      'S',
      '2026-03-18',
      elected(['E1', '1'], ['E1', '1']),
      'INVALID_LOT_ELECTION',
    ],
    ['of more than was sold', 'S', '2026-03-18', elected(['E1', '101']), 'INVALID_LOT_ELECTION'],
  ])('refused: %s', (_case, tradeId, date, lots, reason) => {
    const history = bought('FIFO');
    apply(history, sale('100', null, date));
    expect(elect(history, lots, tradeId)).toBe(reason);
  });
});

describe('a corporate action', () => {
  const split = (effectiveDate: BusinessDate): CorporateAction => ({
    type: 'SPLIT',
    actionId: 'CA1',
    effectiveDate,
    numerator: 2n,
    denominator: 1n,
    cashInLieu: null,
  });
  const act = (history: History, effectiveDate: string) =>
    submit(history, {
      type: 'ApplyCorporateAction',
      action: split(businessDate(effectiveDate)),
      today: history.today,
    });

  test('changes the lots of today', () => {
    const history = bought();
    expect(act(history, '2026-03-16')).toBeUndefined();
    expect(lotsOf(history)).toEqual(['E1 200', 'E2 200']);
    expect(currentOf(history).reconciliationStatus).toBe('RECONCILED');
  });

  test('counts at the start of its day: trades of that day are in new units', () => {
    const history = bought();
    apply(history, trade('E3', 'BUY', '10', '5', on('2026-03-16')));
    act(history, '2026-03-16');
    expect(currentOf(history).reconciliationStatus).toBe('PROVISIONAL');
    correct(history);
    expect(lotsOf(history)).toEqual(['E1 200', 'E2 200', 'E3 10']);
  });

  test('learnt late, changes what was held on its day only', () => {
    const history = bought();
    act(history, '2026-03-06');
    expect(lotsOf(history)).toEqual(['E1 200', 'E2 200']);
    correct(history);
    expect(lotsOf(history)).toEqual(['E1 200', 'E2 100']);
  });

  test('refused: nothing is open, the day is to come, or its terms are wrong', () => {
    const history = historyOf(FRIDAY, termsWith('FIFO'));
    expect(act(history, '2026-03-20')).toBe('NOTHING_OPEN');
    expect(act(bought(), '2026-03-21')).toBe('EFFECTIVE_DATE_IN_FUTURE');
    const action = { ...split(FRIDAY), numerator: 0n } as CorporateAction;
    const command = { type: 'ApplyCorporateAction', action, today: FRIDAY } as const;
    expect(submit(bought(), command)).toBe('INVALID_ACTION');
  });
});

describe('another relief method', () => {
  const change = (history: History, method: LotReliefMethod, date: string) =>
    submit(history, {
      type: 'ChangeMethod',
      contractId: null,
      method,
      effectiveDate: businessDate(date),
      today: history.today,
    });

  test('holds from its day on', () => {
    const history = bought();
    expect(change(history, 'FIFO', '2026-03-16')).toBe('NOTHING_CHANGED');
    expect(change(history, 'LIFO', '2026-03-16')).toBeUndefined();
    history.terms = termsWith('LIFO');
    apply(history, sale('100', null));
    expect(lotsOf(history)).toEqual(['E1 100']);
  });

  test('learnt late, changes the sales after its day', () => {
    const history = bought();
    apply(history, sale('100', null));
    expect(change(history, 'LIFO', '2026-03-10')).toBeUndefined();
    correct(history);
    expect(lotsOf(history)).toEqual(['E1 100']);
    expect(figures(currentOf(history))).toBe('100 / 1000 / 300');
  });

  test('of the contract comes into a position with its next trade', () => {
    const history = bought();
    history.terms = {
      ...termsWith('FIFO'),
      reliefMethods: [
        { from: businessDate('1900-01-01'), method: 'FIFO' },
        { from: businessDate('2026-03-17'), method: 'LIFO' },
      ],
    };
    apply(history, sale('100', null));
    expect(history.known.slice(2).map(({ event }) => event.type)).toEqual([
      'LOT_METHOD_CHANGED',
      'TRADE_APPLIED',
    ]);
    expect(history.known[2]?.event).toMatchObject({ effectiveDate: '2026-03-17', late: null });
    expect(lotsOf(history)).toEqual(['E1 100']);
  });
});

describe('lots received from another position', () => {
  const receive = (history: History, units: string, effectiveDate = '2026-03-20') =>
    submit(history, {
      type: 'ReceiveLots',
      transferId: 'X1',
      cause: 'TRANSFER',
      fromPositionKey: 'elsewhere',
      effectiveDate: businessDate(effectiveDate),
      lots: [
        {
          lotId: 'L1',
          openDate: businessDate('2026-03-05'),
          acquiredOn: businessDate('2026-01-05'),
          quantity: quantity(decimal(units)),
          costBasis: amount(decimal(units) * 11n),
          settledResets: amount(0n),
          sourceTradeId: 'L1',
          parentLotId: null,
        },
      ],
      terms: history.terms,
      today: history.today,
    });

  test('keep basis and dates, and stand where they opened', () => {
    const history = bought();
    expect(receive(history, '50')).toBeUndefined();
    expect(lotsOf(history)).toEqual(['E1 100', 'L1 by X1 50', 'E2 100']);
    expect(figures(currentOf(history))).toBe('250 / 2750 / 0');
    expect(currentOf(history).lots[1]).toMatchObject({ acquiredOn: '2026-01-05' });
  });

  test('open a position that has none', () => {
    const history = historyOf(FRIDAY, termsWith('HIFO'));
    receive(history, '50');
    expect(currentOf(history)).toMatchObject({ reliefMethod: 'HIFO', version: 1 });
  });

  test('on the other side close what is open, oldest first, at the basis they bring', () => {
    const history = bought();
    expect(receive(history, '-120')).toBeUndefined();
    // 100 of E1 at 10 and 20 of E2 at 12, both sold at 11.
    expect(figures(currentOf(history))).toBe('80 / 960 / 80');
    expect(lotsOf(history)).toEqual(['E2 80']);
    expect(history.known.at(-1)?.event).toMatchObject({
      realizedPnl: decimal('80'),
      closed: [
        { lotId: 'E1', takenQuantity: decimal('100'), gain: decimal('100'), rank: 1 },
        { lotId: 'E2', takenQuantity: decimal('20'), gain: decimal('-20'), rank: 2 },
      ],
    });
  });

  test('on the other side beyond what is open turn the position', () => {
    const history = bought();
    receive(history, '-250');
    expect(figures(currentOf(history))).toBe('-50 / -550 / 0');
    expect(lotsOf(history)).toEqual(['L1 by X1 -50']);
  });
});

test('golden [G-12]: a loss is put off by the purchase after it, as an event of its own', () => {
  const terms = { ...termsWith('FIFO'), hasWashSales: true };
  const history = historyOf(businessDate('2026-05-04'), terms);
  apply(history, trade('T1', 'BUY', '100', '50', on('2026-01-05')));
  apply(history, trade('T2', 'SELL', '100', '42', on('2026-03-02')));
  expect(figures(currentOf(history))).toBe('0 / 0 / -800');
  apply(history, trade('T3', 'BUY', '60', '43', on('2026-03-20')));
  expect(history.known.at(-1)?.event).toMatchObject({
    type: 'WASH_SALE_ADJUSTED',
    causedByVersion: 3,
    disallowed: decimal('480'),
  });
  expect(figures(currentOf(history))).toBe('60 / 3060 / -320');
  expect(currentOf(history).lots[0]).toMatchObject({ acquiredOn: '2026-01-23' });
  apply(history, trade('T4', 'SELL', '60', '55', on('2026-05-04')));
  expect(figures(currentOf(history))).toBe('0 / 0 / -80');
});
