/**
 * Closing prices and the rates of the same day, for rebalances, corporate actions and restatements.
 */

import type { Sql } from 'postgres';
import { addDays, type BusinessDate, businessDate, startOfUtcDay } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { type Price, price } from '#kernel/money';
import { instantText } from '#platform/instant-column';
import type { FxSnapshot } from '../domain/fx-snapshot.ts';
import { MAX_CLOSE_AGE_DAYS } from '../domain/weighing.ts';

export interface ClosePrice {
  readonly price: Price;
  /** Start of the day of an official close; the trade itself of a last price. */
  readonly eventTimeMs: number;
  readonly isOfficial: boolean;
}

export type ClosePriceReader = ReturnType<typeof createClosePriceReader>;

export function createClosePriceReader(sql: Sql) {
  const official = async (symbols: readonly string[], date: BusinessDate) => {
    const rows = await sql<{ symbol: string; close: bigint }[]>`
      select symbol, close from published.daily_closes
      where symbol = any(${[...symbols]}::text[]) and business_date = ${date}::text::date`;
    const eventTimeMs = startOfUtcDay(date);
    return new Map(
      rows.map(({ symbol, close }): [string, ClosePrice] => [
        symbol,
        { price: price(close), eventTimeMs, isOfficial: true },
      ]),
    );
  };

  return {
    /** By symbol; names without one are left out. */
    official,

    officialSince: (symbols: readonly string[], from: BusinessDate) =>
      officialSince(sql, symbols, from),

    /**
     * The official close of the day; of a name without one, the last price accepted on that day or
     * since: its close until somebody imports a better one.
     */
    async closing(
      symbols: readonly string[],
      date: BusinessDate,
    ): Promise<ReadonlyMap<string, ClosePrice>> {
      const found = await official(symbols, date);
      const missing = symbols.filter((symbol) => !found.has(symbol));
      if (missing.length === 0) return found;
      const rows = await sql<{ symbol: string; price: bigint; eventTimeMs: bigint }[]>`
        select symbol, price, (extract(epoch from event_time) * 1000)::bigint as "eventTimeMs"
        from published.last_prices
        where symbol = any(${missing}::text[])
          and event_time >= ${instantText(startOfUtcDay(date))}::text::timestamptz`;
      for (const row of rows) {
        const eventTimeMs = Number(row.eventTimeMs);
        found.set(row.symbol, { price: price(row.price), eventTimeMs, isOfficial: false });
      }
      return found;
    },

    /** Of names that do not trade on the day: the last official close of up to 5 days before. */
    async carried(
      symbols: readonly string[],
      date: BusinessDate,
    ): Promise<ReadonlyMap<string, ClosePrice>> {
      const found = await closesUpTo(sql, symbols, date);
      return new Map(
        [...found].map(([symbol, close]) => [
          symbol,
          { price: close.price, eventTimeMs: startOfUtcDay(close.date), isOfficial: true },
        ]),
      );
    },

    ratesOn: (currencies: readonly string[], date: BusinessDate) => ratesOn(sql, currencies, date),
  };
}

/** Of the day, or the last one before it as long as that is not too old. */
export async function closesUpTo(
  sql: Sql,
  symbols: readonly string[],
  date: BusinessDate,
): Promise<ReadonlyMap<string, { readonly price: Price; readonly date: BusinessDate }>> {
  const rows = await sql<{ symbol: string; date: string; close: bigint }[]>`
    select distinct on (symbol) symbol, business_date::text as date, close
    from published.daily_closes
    where symbol = any(${[...symbols]}::text[])
      and business_date between ${addDays(date, -MAX_CLOSE_AGE_DAYS)}::text::date
        and ${date}::text::date
    order by symbol, business_date desc`;
  return new Map(
    rows.map(({ symbol, date: day, close }) => [
      symbol,
      { price: price(close), date: businessDate(day) },
    ]),
  );
}

/** Official closes of all days since, as they are known now. */
async function officialSince(
  sql: Sql,
  symbols: readonly string[],
  from: BusinessDate,
): Promise<readonly { symbol: string; date: BusinessDate; price: Price }[]> {
  const rows = await sql<{ symbol: string; date: string; close: bigint }[]>`
    select symbol, business_date::text as date, close from published.daily_closes
    where symbol = any(${[...symbols]}::text[]) and business_date >= ${from}::text::date`;
  return rows.map(({ symbol, date, close }) => ({
    symbol,
    date: businessDate(date),
    price: price(close),
  }));
}

/** The newest rate of each currency that was fixed on the day or before. */
export async function ratesOn(
  sql: Sql,
  currencies: readonly string[],
  date: BusinessDate,
): Promise<FxSnapshot> {
  const rows = await sql<{ currency: string; fixedOn: string; unitsPerEur: string }[]>`
    select f.currency, f.business_date::text as "fixedOn",
      f.units_per_eur::numeric(38, 8)::text as "unitsPerEur"
    from unnest(${[...new Set(currencies)]}::text[]) as c(currency)
      cross join lateral (
        select currency, business_date, units_per_eur from published.fx_rates r
        where r.currency = c.currency and r.business_date <= ${date}::text::date
        order by business_date desc limit 1) f`;
  return new Map(
    rows.map(({ currency, fixedOn, unitsPerEur }) => [
      currency,
      { unitsPerEur: decimal(unitsPerEur), fixedOn: businessDate(fixedOn) },
    ]),
  );
}
