/** Calendar periods of business dates, and the sessions at which new ones begin. */

import { addDays, type BusinessDate, isoWeekday } from '#kernel/business-date';

export type Period = 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'QUARTERLY' | 'SEMIANNUAL' | 'ANNUAL';

const MONTHS_PER_QUARTER = 3;
const MONTHS_PER_HALF = 6;

/**
 * The period a date is in: `2024-02-29`, the Monday of its ISO week, `2024-02`, `2024-Q1`,
 * `2024-H1` or `2024`. In one kind of period text order is date order.
 */
export function periodOf(date: BusinessDate, period: Period): string {
  const year = date.slice(0, 4);
  switch (period) {
    case 'DAILY':
      return date;
    case 'WEEKLY':
      return addDays(date, 1 - isoWeekday(date));
    case 'MONTHLY':
      return date.slice(0, 7);
    case 'QUARTERLY':
      return `${year}-Q${Math.ceil(monthOf(date) / MONTHS_PER_QUARTER)}`;
    case 'SEMIANNUAL':
      return `${year}-H${Math.ceil(monthOf(date) / MONTHS_PER_HALF)}`;
    case 'ANNUAL':
      return year;
  }
}

function monthOf(date: BusinessDate): number {
  return Number(date.slice(5, 7));
}

/**
 * Positions of the sessions that are the first of their period, without the very first session:
 * whether a period began there, the sessions before it would have to say.
 */
export function firstSessions(
  sessions: readonly BusinessDate[],
  period: Period,
): readonly number[] {
  const firsts: number[] = [];
  let current: string | undefined;
  sessions.forEach((date, session) => {
    const found = periodOf(date, period);
    if (current !== undefined && found !== current) firsts.push(session);
    current = found;
  });
  return firsts;
}
