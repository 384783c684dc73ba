/** The days on which an index is computed, and from when their closes are official. */

import { type BusinessDate, isoWeekday, startOfUtcDay } from '#kernel/business-date';
import type { IndexCalendar } from './basket-command.ts';

export interface IndexCalendarRules {
  /** Minutes after midnight UTC: later than the close of every market the index holds. */
  readonly closeMinuteUtc: number;
  /** WEEKDAYS, or ALL for markets that never close. */
  readonly days: 'WEEKDAYS' | 'ALL';
}

const MS_PER_MINUTE = 60_000;
const FRIDAY = 5;

export function indexCalendar({ closeMinuteUtc, days }: IndexCalendarRules): IndexCalendar {
  const isIndexDay = (date: BusinessDate) => days === 'ALL' || isoWeekday(date) <= FRIDAY;
  return {
    isIndexDay,
    isTradingDay: isIndexDay,
    closesAtMs: (date: BusinessDate) => startOfUtcDay(date) + closeMinuteUtc * MS_PER_MINUTE,
  };
}
