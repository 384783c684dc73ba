import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { nextTradingDay, submitForApproval } from './basket-approvals.ts';
import {
  asked,
  calendar,
  DAY,
  HISTORIES,
  after,
  mia,
  NOW,
  reference,
} from './basket-test-support.ts';
import { basketCalendar, type ExchangeDays } from './exchange-calendar.ts';

const exchange = (mic: string, ...days: readonly string[]): ExchangeDays => {
  const dates = days.map(businessDate);
  const [first, last] = [dates[0], dates.at(-1)];
  if (!first || !last) throw new Error('an exchange has days');
  return { mic, first, last, sessions: new Set(dates) };
};
const date = businessDate;

/** The week of Thanksgiving: New York rests on Thursday, Tokyo on Monday. */
const NEW_YORK = exchange(
  'XNYS',
  '2026-11-20',
  '2026-11-23',
  '2026-11-24',
  '2026-11-25',
  '2026-11-27',
);
const TOKYO = exchange(
  'XTKS',
  '2026-11-20',
  '2026-11-24',
  '2026-11-25',
  '2026-11-26',
  '2026-11-27',
);

describe('BK-9 the days of an index', () => {
  const both = basketCalendar(calendar, [NEW_YORK, TOKYO]);

  test.each([
    ['2026-11-21', false, false],
    ['2026-11-23', true, false],
    ['2026-11-25', true, true],
    ['2026-11-26', true, false],
    ['2026-11-27', true, true],
  ])('%s: computed %s, traded %s', (day, isIndexDay, isTradingDay) => {
    expect(both.isIndexDay(date(day))).toBe(isIndexDay);
    expect(both.isTradingDay(date(day))).toBe(isTradingDay);
  });

  test('beyond what is known of an exchange, and for one that is not known, weekdays count', () => {
    expect(both.isTradingDay(date('2026-11-30'))).toBe(true);
    expect(both.isTradingDay(date('2026-11-28'))).toBe(false);
    const one = basketCalendar(calendar, [NEW_YORK, null]);
    expect(one.isIndexDay(date('2026-11-26'))).toBe(true);
    expect(one.isTradingDay(date('2026-11-26'))).toBe(false);
    expect(basketCalendar(calendar, [])).toBe(calendar);
  });

  test('the next day of trading is one of all exchanges', () => {
    // After the close of Friday the 20th: not Saturday, not Sunday, not Monday.
    const atMs = Date.parse('2026-11-20T22:30:00Z');
    expect(nextTradingDay(date('2026-11-21'), { atMs, calendar: both })).toBe('2026-11-24');
  });

  test('an approval has ten days on which an exchange trades', () => {
    const holidays = basketCalendar(calendar, [NEW_YORK]);
    const expiry = (days: typeof calendar) => {
      const command = {
        type: 'SubmitForApproval',
        reference,
        calendar: days,
        superseded: null,
      } as const;
      const decision = submitForApproval(after(...HISTORIES.BACKTESTED), command, asked(mia));
      const fact = decision.ok ? decision.events[0] : undefined;
      return fact?.type === 'ApprovalRequested' ? fact.expiresAtMs : undefined;
    };
    expect(expiry(calendar)).toBe(NOW + 14 * DAY);
    // Thanksgiving does not count: Monday the 7th instead of Friday the 4th.
    expect(expiry(holidays)).toBe(NOW + 17 * DAY);
  });
});
