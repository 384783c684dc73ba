/** The business days of a book. */

import { addDays, type BusinessDate, isoWeekday } from '#kernel/business-date';

export interface BookCalendar {
  /** The day itself when it is a business day, else the next one. */
  readonly onOrAfter: (date: BusinessDate) => BusinessDate;
}

const FRIDAY = 5;

/** Monday to Friday; no holidays. */
export const weekdays: BookCalendar = {
  onOrAfter(date) {
    const daysPastFriday = isoWeekday(date) - FRIDAY;
    return daysPastFriday > 0 ? addDays(date, 3 - daysPastFriday) : date;
  },
};

/** The business day `count` business days after the date: settlement is two after the trade. */
export function businessDaysAfter(
  calendar: BookCalendar,
  date: BusinessDate,
  count: number,
): BusinessDate {
  let day = calendar.onOrAfter(date);
  for (let left = count; left > 0; left -= 1) day = calendar.onOrAfter(addDays(day, 1));
  return day;
}
