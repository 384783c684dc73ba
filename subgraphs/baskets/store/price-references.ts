/** The previous close and the sector of names, for when their prices go stale. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { price } from '#kernel/money';
import type { PriceReference } from '../domain/price-stand-in.ts';

/** By symbol; one without a close before `today` is left out. */
export type PriceReferenceReader = (
  symbols: readonly string[],
  today: BusinessDate,
) => Promise<ReadonlyMap<string, PriceReference>>;

export function createPriceReferenceReader(sql: Sql): PriceReferenceReader {
  return async (symbols, today) => {
    if (symbols.length === 0) return new Map();
    const rows = await sql<
      { symbol: string; close: bigint; closedOn: string; sector: string | null }[]
    >`
      select s.symbol, c.close, c.business_date::text as "closedOn", i.sector
      from unnest(${[...symbols]}::text[]) as s(symbol)
        join published.instruments i on i.symbol = s.symbol
        cross join lateral (
          select close, business_date from published.daily_closes d
          where d.symbol = s.symbol and d.business_date < ${today}::text::date and d.close > 0
          order by business_date desc limit 1) c`;
    return new Map(
      rows.map(({ symbol, close, closedOn, sector }): [string, PriceReference] => [
        symbol,
        { previousClose: price(close), closedOn: businessDate(closedOn), sector },
      ]),
    );
  };
}
