/** The days of an index from the sessions of the exchanges that its names trade on. */

import type { BusinessDate } from '#kernel/business-date';
import type { IndexCalendar } from './basket-command.ts';

/** Sessions of one exchange; before the first and after the last nothing is known of it. */
export interface ExchangeDays {
  readonly mic: string;
  readonly first: BusinessDate;
  readonly last: BusinessDate;
  readonly sessions: ReadonlySet<BusinessDate>;
}

/** As usual where nothing is known of the exchange, or not for that day. */
export function isOpenOn(
  exchange: ExchangeDays | undefined,
  date: BusinessDate,
  isUsually: boolean,
): boolean {
  if (exchange === undefined || date < exchange.first || date > exchange.last) return isUsually;
  return exchange.sessions.has(date);
}

/**
 * The union of the exchanges (section 5): an index is computed on a day on which any of them
 * trades, and traded on one on which all of them do. An exchange that is not known (null), or not
 * for that day, keeps the usual days.
 */
export function basketCalendar(
  usual: IndexCalendar,
  exchanges: readonly (ExchangeDays | null)[],
): IndexCalendar {
  if (exchanges.length === 0) return usual;
  const isOpen = (exchange: ExchangeDays | null, date: BusinessDate): boolean =>
    isOpenOn(exchange ?? undefined, date, usual.isIndexDay(date));
  return {
    ...usual,
    isIndexDay: (date) => exchanges.some((each) => isOpen(each, date)),
    isTradingDay: (date) => exchanges.every((each) => isOpen(each, date)),
  };
}
