import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  businessDate,
  daysBetween,
  isoWeekday,
  parseBusinessDate,
  startOfUtcDay,
  utcDateOf,
} from './business-date.ts';

const FIRST = businessDate('1900-01-01');
const anyDate = fc.nat({ max: 80_000 }).map((days) => addDays(FIRST, days));

describe('a business date', () => {
  test.each(['2024-02-29', '2000-02-29', '1800-01-01', '2999-12-31'])('%s exists', (text) => {
    expect(parseBusinessDate(text)).toBe(text);
  });

  test.each([
    '2023-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-11-31',
    '2026-11-00',
    '2026-1-1',
    '0000-01-01',
    '1799-12-31',
    '3000-01-01',
    '20261120',
    '2026-11-20T00:00:00Z',
    ' 2026-11-20',
    '',
  ])('"%s" is none', (text) => {
    expect(parseBusinessDate(text)).toBeUndefined();
    expect(() => businessDate(text)).toThrow('expected a date such as 2026-11-20');
  });

  test('is ordered as its text is', () => {
    fc.assert(
      fc.property(anyDate, anyDate, (a, b) => {
        expect(Math.sign(daysBetween(a, b))).toBe(a < b ? 1 : a > b ? -1 : 0);
      }),
    );
  });

  test('so many days later is so many days between', () => {
    fc.assert(
      fc.property(anyDate, fc.integer({ min: -10_000, max: 10_000 }), (date, days) => {
        const moved = addDays(date, days);
        expect(daysBetween(date, moved)).toBe(days);
        expect(parseBusinessDate(moved)).toBe(moved);
        expect(utcDateOf(startOfUtcDay(moved))).toBe(moved);
      }),
    );
  });

  test.each([
    ['2026-11-20', 5],
    ['2026-11-22', 7],
    ['2026-11-23', 1],
    ['1969-12-31', 3],
  ])('%s is weekday %d', (text, weekday) => {
    expect(isoWeekday(businessDate(text))).toBe(weekday);
  });

  test('of an instant is its UTC day', () => {
    expect(utcDateOf(Date.parse('2026-11-20T23:59:59.999Z'))).toBe('2026-11-20');
    expect(utcDateOf(Date.parse('2026-11-20T23:59:59.999-05:00'))).toBe('2026-11-21');
  });
});
