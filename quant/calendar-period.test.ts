import { expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { firstSessions, type Period, periodOf } from './calendar-period.ts';
import { aggregateReturns } from './period-returns.ts';

test.each<[Period, string, string]>([
  ['DAILY', '2024-02-29', '2024-02-29'],
  ['WEEKLY', '2024-03-03', '2024-02-26'],
  ['WEEKLY', '2024-01-01', '2024-01-01'],
  ['WEEKLY', '2023-01-01', '2022-12-26'],
  ['MONTHLY', '2024-02-29', '2024-02'],
  ['QUARTERLY', '2024-03-31', '2024-Q1'],
  ['QUARTERLY', '2024-10-01', '2024-Q4'],
  ['SEMIANNUAL', '2024-06-30', '2024-H1'],
  ['SEMIANNUAL', '2024-07-01', '2024-H2'],
  ['ANNUAL', '2024-12-31', '2024'],
])('%s has %s in %s', (period, date, expected) => {
  expect(periodOf(businessDate(date), period)).toBe(expected);
});

const SESSIONS = [
  '2023-12-28',
  '2023-12-29',
  '2024-01-02',
  '2024-01-05',
  '2024-01-08',
  '2024-04-02',
];

test.each<[Period, readonly number[]]>([
  ['DAILY', [1, 2, 3, 4, 5]],
  ['WEEKLY', [2, 4, 5]],
  ['MONTHLY', [2, 5]],
  ['QUARTERLY', [2, 5]],
  ['SEMIANNUAL', [2]],
  ['ANNUAL', [2]],
])('%s periods begin at their first session, whatever the weekday', (period, expected) => {
  expect(firstSessions(SESSIONS.map(businessDate), period)).toEqual(expected);
});

test('the return of a month compounds those of its sessions, and tells how many', () => {
  const returns = Float64Array.of(0.1, 0.1, -0.5);
  const dates = ['2024-01-30', '2024-01-31', '2024-02-01'].map(businessDate);
  const [january, february] = aggregateReturns(returns, dates, 'MONTHLY');
  expect(january).toMatchObject({ period: '2024-01', returns: 2 });
  expect(january?.value).toBeCloseTo(0.21, 14);
  expect(february).toEqual({ period: '2024-02', value: -0.5, returns: 1 });
});
