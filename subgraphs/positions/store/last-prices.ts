/** The newest price of a symbol: last accepted tick, else last stored one, else last close. */

import type { Sql } from 'postgres';
import { decimal } from '#kernel/decimal';
import { type Price, price } from '#kernel/money';
import { acceptedTick, lastPriceKey } from '#kernel/topics/accepted-ticks';
import type { Cache } from '#platform/ports';

export interface LastPrice {
  readonly price: Price;
  readonly currency: string;
}

export type LastPrices = ReturnType<typeof createLastPrices>;

export function createLastPrices({ sql, cache }: { readonly sql: Sql; readonly cache: Cache }) {
  return {
    /** Symbols without any price are left out. */
    async bySymbols(symbols: readonly string[]): Promise<ReadonlyMap<string, LastPrice>> {
      const found = new Map<string, LastPrice>();
      const cached = await cache.getMany(symbols.map(lastPriceKey));
      symbols.forEach((symbol, index) => {
        const value = cached[index];
        if (value === undefined) return;
        const tick = acceptedTick.parse(value, acceptedTick.version);
        found.set(symbol, { price: price(decimal(tick.price)), currency: tick.currency });
      });
      const missing = symbols.filter((symbol) => !found.has(symbol));
      for (const [symbol, stored] of await storedPrices(sql, missing)) found.set(symbol, stored);
      return found;
    },
  };
}

async function storedPrices(
  sql: Sql,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, LastPrice>> {
  if (symbols.length === 0) return new Map();
  const rows = await sql<{ symbol: string; price: bigint; currency: string }[]>`
    select wanted.symbol, newest.price, newest.currency
    from unnest(${[...symbols]}::text[]) as wanted (symbol)
    cross join lateral (
      select price, currency, 1 as choice, null::date as business_date
      from published.last_prices l where l.symbol = wanted.symbol
      union all
      (select close, currency, 2, business_date from published.daily_closes c
        where c.symbol = wanted.symbol order by business_date desc limit 1)
      order by choice limit 1
    ) newest`;
  return new Map(
    rows.map((row) => [row.symbol, { price: price(row.price), currency: row.currency }]),
  );
}
