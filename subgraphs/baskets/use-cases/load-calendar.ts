import type { IndexCalendar } from '../domain/basket-command.ts';
import { basketCalendar } from '../domain/exchange-calendar.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { ExchangeCalendarReader } from '../store/exchange-calendars.ts';

export interface CalendarDeps {
  /** Where no exchange says anything else. */
  readonly calendar: IndexCalendar;
  readonly exchangeCalendars: ExchangeCalendarReader;
}

/** The days of an index of these names. */
export async function calendarOf(
  { calendar, exchangeCalendars }: CalendarDeps,
  symbols: readonly string[],
): Promise<IndexCalendar> {
  return basketCalendar(calendar, await exchangeCalendars.of(symbols));
}

/** Of the names a basket has, and of those it is to have. */
export async function calendarOfBasket(
  deps: CalendarDeps & { readonly reader: Pick<BasketReader, 'symbolsInHand'> },
  code: string,
): Promise<IndexCalendar> {
  return calendarOf(deps, await deps.reader.symbolsInHand(code));
}
