import { describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price, quantity } from '#kernel/money';
import { businessDaysAfter, weekdays } from './book-calendar.ts';
import { foldAsOf } from './fold.ts';
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
import { MAX_PENDING_FORWARD } from './position.ts';
import { termsWith, trade } from './position-test-support.ts';

/** A Friday. */
const FRIDAY = businessDate('2026-03-20');

function friday(): History {
  const history = historyOf(FRIDAY, termsWith('FIFO'));
  apply(history, trade('E1', 'BUY', '100', '10', { on: '2026-03-02' }));
  return history;
}

const bookedFor = (history: History) =>
  currentOf(history).pendingForward.map(
    (each) => `${each.trade.tradeId} ${each.trade.effectiveDate}`,
  );
const types = ({ known }: History) => known.map(({ event }) => event.type);
const quantityOf = (history: History) => formatDecimal(currentOf(history).quantity);

describe('a trade for a later day', () => {
  test('is booked, and stays out of the lots and of their newest day', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-24' }));
    expect(currentOf(history)).toMatchObject({
      quantity: decimal('100'),
      lastEffectiveDate: '2026-03-02',
      reconciliationStatus: 'RECONCILED',
    });
    expect(bookedFor(history)).toEqual(['F 2026-03-24']);
  });

  test('does not make the trades of today late: the trap of S', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-06-24' }));
    apply(history, trade('E2', 'BUY', '1', '11', { on: '2026-03-20' }));
    expect(types(history).at(-1)).toBe('TRADE_APPLIED');
  });

  test('asked for a weekend, is booked for Monday, and says so', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-22' }));
    expect(bookedFor(history)).toEqual(['F 2026-03-23']);
    expect(history.known.at(-1)?.event).toMatchObject({
      type: 'FORWARD_TRADE_BOOKED',
      askedDate: '2026-03-22',
      classification: 'FORWARD_DATED',
    });
  });

  test('counts before anything else once its day has come, by date, then order of booking', () => {
    const history = friday();
    apply(history, trade('F2', 'SELL', '30', '12', { on: '2026-03-25' }));
    apply(history, trade('F1', 'BUY', '50', '12', { on: '2026-03-24' }));
    apply(history, trade('F3', 'BUY', '7', '12', { on: '2026-03-24' }));
    history.today = businessDate('2026-03-26');
    apply(history, trade('E2', 'BUY', '1', '11', { on: '2026-03-26' }));
    expect(
      history.known.slice(4).map(({ event }) => 'trade' in event && event.trade.tradeId),
    ).toEqual(['F1', 'F3', 'F2', 'E2']);
    expect(quantityOf(history)).toBe('128');
    expect(bookedFor(history)).toEqual([]);
    expect(currentOf(history).lastEffectiveDate).toBe('2026-03-26');
  });

  test('is rolled once: a second roll of the day has nothing to do', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-24' }));
    history.today = businessDate('2026-03-24');
    const roll = () => submit(history, { type: 'RollForward', today: history.today });
    expect([roll(), roll()]).toEqual([undefined, undefined]);
    expect(types(history).filter((type) => type === 'FORWARD_TRADE_EFFECTIVE')).toHaveLength(1);
  });

  test('is busted before its day without a replay', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-24' }));
    expect(bust(history, 'F')).toBeUndefined();
    expect(bookedFor(history)).toEqual([]);
    expect(currentOf(history)).toMatchObject({ reconciliationStatus: 'RECONCILED', version: 3 });
    expect(history.known.at(-1)?.event).toMatchObject({ late: null, estimate: null });
    expect(bust(history, 'F')).toBe('ALREADY_BUSTED');
  });

  test('is amended before its day to another later one only', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-24' }));
    const to = (date: string) =>
      amend(history, 'F', (terms) => ({
        ...terms,
        quantity: quantity(decimal('60')),
        effectiveDate: businessDate(date),
      }));
    expect(to('2026-03-20')).toBe('EFFECTIVE_DATE_NOT_IN_FUTURE');
    expect(to('2026-03-28')).toBeUndefined();
    expect(bookedFor(history)).toEqual(['F 2026-03-30']);
    history.today = businessDate('2026-03-30');
    submit(history, { type: 'RollForward', today: history.today });
    expect(quantityOf(history)).toBe('160');
  });

  test('is busted and amended after its day like any other trade', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-24' }));
    history.today = businessDate('2026-03-24');
    amend(history, 'F', (terms) => ({ ...terms, price: price(decimal('13')) }));
    correct(history);
    expect(formatDecimal(currentOf(history).costBasis)).toBe('1650');
    bust(history, 'F');
    correct(history);
    expect(formatDecimal(currentOf(history).costBasis)).toBe('1000');
  });

  test('is still to come on a past day, and counts on its own', () => {
    const history = friday();
    apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-24' }));
    history.today = businessDate('2026-03-24');
    submit(history, { type: 'RollForward', today: history.today });
    const on = (date: string) => foldAsOf(history.known, { effectiveAt: businessDate(date) });
    expect([
      on('2026-03-23').pendingForward.length,
      formatDecimal(on('2026-03-23').quantity),
    ]).toEqual([1, '100']);
    expect([
      on('2026-03-24').pendingForward.length,
      formatDecimal(on('2026-03-24').quantity),
    ]).toEqual([0, '150']);
  });

  test('is refused when too many wait already', () => {
    const history = friday();
    const [booking] = (() => {
      apply(history, trade('F', 'BUY', '50', '12', { on: '2026-03-24' }));
      return currentOf(history).pendingForward;
    })();
    if (booking === undefined) throw new Error('expected a booking');
    history.published.push({
      ...currentOf(history),
      pendingForward: Array.from({ length: MAX_PENDING_FORWARD }, () => booking),
    });
    const next = trade('G', 'BUY', '1', '1', { on: '2026-03-24' });
    expect(apply(history, next)).toBe('TOO_MANY_BOOKINGS');
  });
});

describe('the business days of a book', () => {
  test.each([
    ['2026-03-20', '2026-03-20'],
    ['2026-03-21', '2026-03-23'],
    ['2026-03-22', '2026-03-23'],
    ['2026-03-23', '2026-03-23'],
  ])('%s rolls to %s', (asked, day) => {
    expect(weekdays.onOrAfter(businessDate(asked))).toBe(day);
  });

  test('settlement is two of them later', () => {
    expect(businessDaysAfter(weekdays, FRIDAY, 2)).toBe('2026-03-24');
    expect(businessDaysAfter(weekdays, addDays(FRIDAY, 1), 2)).toBe('2026-03-25');
  });
});
