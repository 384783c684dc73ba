/** What schemes that follow the market look at: closes, rates and volatilities of a day. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { type Decimal, fromNumber } from '#kernel/decimal';
import type { WeighingMarket } from '../domain/weighing.ts';
import { windowVolatility } from '../domain/window-volatility.ts';
import { closesUpTo, ratesOn } from './close-prices.ts';

export interface WantedMarket {
  readonly symbols: readonly string[];
  readonly currencies: readonly string[];
  /** Null for the newest day on which one of the names has a close. */
  readonly asOf: BusinessDate | null;
  /** Returns; null for no volatilities. */
  readonly volatilityWindow: number | null;
}

export type WeighingMarketReader = ReturnType<typeof createWeighingMarketReader>;

export function createWeighingMarketReader(sql: Sql) {
  return {
    /** Null when none of the names has a close at all. */
    async on(wanted: WantedMarket): Promise<WeighingMarket | null> {
      const asOf = wanted.asOf ?? (await newestClose(sql, wanted.symbols));
      if (asOf === null) return null;
      const { symbols, currencies, volatilityWindow } = wanted;
      const [closes, fx, volatilities] = await Promise.all([
        closesUpTo(sql, symbols, asOf),
        ratesOn(sql, currencies, asOf),
        volatilityWindow === null
          ? new Map<string, null>()
          : volatilitiesBy(sql, symbols, { asOf, window: volatilityWindow }),
      ]);
      return { asOf, closes, fx, volatilities };
    },
  };
}

async function newestClose(sql: Sql, symbols: readonly string[]): Promise<BusinessDate | null> {
  const [row] = await sql<{ newest: string | null }[]>`
    select max(c.business_date)::text as newest
    from unnest(${[...symbols]}::text[]) as s(symbol)
      cross join lateral (
        select business_date from published.daily_closes d
        where d.symbol = s.symbol order by business_date desc limit 1) c`;
  return row?.newest ? businessDate(row.newest) : null;
}

/** Over the last closes up to the day; null for a name with too few, or without a move. */
async function volatilitiesBy(
  sql: Sql,
  symbols: readonly string[],
  { asOf, window }: { readonly asOf: BusinessDate; readonly window: number },
): Promise<ReadonlyMap<string, Decimal | null>> {
  const rows = await sql<{ symbol: string; closes: string[] }[]>`
    select s.symbol, array(
      select close::text from (
        select business_date, close from published.daily_closes d
        where d.symbol = s.symbol and d.business_date <= ${asOf}::text::date
        order by business_date desc limit ${window + 1}) last
      order by business_date) as closes
    from unnest(${[...symbols]}::text[]) as s(symbol)`;
  return new Map(
    rows.map(({ symbol, closes }) => {
      if (closes.length <= window) return [symbol, null];
      const found = windowVolatility(Float64Array.from(closes, Number));
      return [symbol, found === null ? null : fromNumber(found)];
    }),
  );
}
