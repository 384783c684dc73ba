/** Closes of days on which the exchange of a name rests: prints off the book, not of a session. */

import { businessDate, daysBetween } from '#kernel/business-date';
import type { NamedBars } from './backtest-panel.ts';
import type { ExchangeDays } from './exchange-calendar.ts';

/** Days of an exchange counted from 1970-01-01, as those of bars are. */
export interface SessionDays {
  readonly first: number;
  readonly last: number;
  readonly days: ReadonlySet<number>;
}

export interface OnSessions {
  readonly bars: NamedBars;
  /** Closes left out. */
  readonly leftOut: number;
}

const EPOCH_DATE = businessDate('1970-01-01');

/** Once for all names of an exchange: millions of bars are looked up in it. */
export function sessionDaysOf({ first, last, sessions }: ExchangeDays): SessionDays {
  const dayOf = (date: ExchangeDays['first']) => daysBetween(EPOCH_DATE, date);
  return { first: dayOf(first), last: dayOf(last), days: new Set([...sessions].map(dayOf)) };
}

/** All of them where nothing is known of the exchange, or not for that day. */
export function onSessions(bars: NamedBars, exchange: SessionDays | undefined): OnSessions {
  if (exchange === undefined) return { bars, leftOut: 0 };
  const { first, last, days } = exchange;
  const isSession = (day: number): boolean => day < first || day > last || days.has(day);
  const kept = Array.from(bars.days.keys()).filter((at) => isSession(bars.days[at] ?? 0));
  const leftOut = bars.days.length - kept.length;
  if (leftOut === 0) return { bars, leftOut };
  const pick = (values: Float64Array) => Float64Array.from(kept, (at) => values[at] ?? Number.NaN);
  return {
    bars: {
      ...bars,
      days: Int32Array.from(kept, (at) => bars.days[at] ?? 0),
      closes: pick(bars.closes),
      opens: bars.opens && pick(bars.opens),
    },
    leftOut,
  };
}
