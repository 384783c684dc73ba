/** Which names have closes for a window, by what market data publishes. */

import type { Sql } from 'postgres';
import { addDays, type BusinessDate, businessDate } from '#kernel/business-date';
import { type PriceGaps, type PriceHistory, WINDOW_SLACK_DAYS } from '../domain/backtest-params.ts';

export type PriceCoverageReader = ReturnType<typeof createPriceCoverageReader>;

interface Window {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

export function createPriceCoverageReader(sql: Sql) {
  return {
    /**
     * Names without a close near either end of the window. Only those few days are looked at, so
     * that 500 names over 15 years cost milliseconds.
     */
    async gaps(symbols: readonly string[], { from, to }: Window): Promise<PriceGaps> {
      const rows = await sql<{ symbol: string }[]>`
        select s.symbol from unnest(${[...symbols]}::text[]) as s(symbol)
        where not (
          exists (
            select from published.daily_closes c where c.symbol = s.symbol
              and c.business_date between ${addDays(from, -WINDOW_SLACK_DAYS)}::text::date
              and ${addDays(from, WINDOW_SLACK_DAYS)}::text::date)
          and exists (
            select from published.daily_closes c where c.symbol = s.symbol
              and c.business_date between ${addDays(to, -WINDOW_SLACK_DAYS)}::text::date
              and ${to}::text::date))`;
      if (rows.length === 0) return new Map();
      const short = rows.map(({ symbol }) => symbol);
      const known = await histories(sql, short);
      return new Map(short.map((symbol) => [symbol, known.get(symbol) ?? null]));
    },
  };
}

async function histories(
  sql: Sql,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, PriceHistory>> {
  const rows = await sql<{ symbol: string; first: string; last: string }[]>`
    select symbol, min(business_date)::text as first, max(business_date)::text as last
    from published.daily_closes where symbol = any(${[...symbols]}::text[]) group by symbol`;
  return new Map(
    rows.map(({ symbol, first, last }) => [
      symbol,
      { first: businessDate(first), last: businessDate(last) },
    ]),
  );
}
