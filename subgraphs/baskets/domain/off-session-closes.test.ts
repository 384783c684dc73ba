import { expect, test } from 'vitest';
import { businessDate, daysBetween } from '#kernel/business-date';
import { onSessions, sessionDaysOf } from './off-session-closes.ts';

const dates = ['2022-11-22', '2022-11-23', '2022-11-24', '2022-11-25', '2022-11-28'];
const dayOf = (date: string) => daysBetween(businessDate('1970-01-01'), businessDate(date));
const bars = {
  symbol: 'A',
  currency: 'USD',
  days: Int32Array.from(dates, dayOf),
  closes: Float64Array.of(1, 2, 3, 4, 5),
  opens: Float64Array.of(6, 7, 8, 9, 10),
};
/** Rests on Thanksgiving, the 24th; nothing is known before the 23rd and after the 25th. */
const exchange = {
  mic: 'XNYS',
  first: businessDate('2022-11-23'),
  last: businessDate('2022-11-25'),
  sessions: new Set(['2022-11-23', '2022-11-25'].map(businessDate)),
};

test('a print on a holiday is left out, days that nothing is known of stay', () => {
  const { bars: kept, leftOut } = onSessions(bars, sessionDaysOf(exchange));
  expect(leftOut).toBe(1);
  expect(kept).toEqual({
    ...bars,
    days: Int32Array.from(dates.toSpliced(2, 1), dayOf),
    closes: Float64Array.of(1, 2, 4, 5),
    opens: Float64Array.of(6, 7, 9, 10),
  });
});

test('without a calendar, and without such a print, bars stay as they are', () => {
  expect(onSessions(bars, undefined)).toEqual({ bars, leftOut: 0 });
  const all = { ...exchange, sessions: new Set(dates.map(businessDate)) };
  expect(onSessions(bars, sessionDaysOf(all)).bars).toBe(bars);
});
