/** Returns of whole weeks, months, quarters, half years and years from those of sessions. */

import type { BusinessDate } from '#kernel/business-date';
import { type Period, periodOf } from './calendar-period.ts';

export interface PeriodReturn {
  /** As `periodOf` writes it: `2024-02` for a month, `2024` for a year. */
  readonly period: string;
  /** Product of all 1 + r of the period, minus 1. */
  readonly value: number;
  /** How many returns went into it: the first and the last period may be short of sessions. */
  readonly returns: number;
}

/** `dates[t]` is the session at whose close `returns[t]` ends; ascending. */
export function aggregateReturns(
  returns: Float64Array,
  dates: readonly BusinessDate[],
  period: Period,
): readonly PeriodReturn[] {
  const found: PeriodReturn[] = [];
  let current: string | undefined;
  let growth = 1;
  let count = 0;
  const close = (): void => {
    if (current !== undefined) found.push({ period: current, value: growth - 1, returns: count });
    growth = 1;
    count = 0;
  };
  dates.forEach((date, index) => {
    const next = periodOf(date, period);
    if (next !== current) close();
    current = next;
    growth *= 1 + (returns[index] ?? Number.NaN);
    count += 1;
  });
  close();
  return found;
}
