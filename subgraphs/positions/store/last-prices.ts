/** The newest price of a symbol: last accepted tick, else last stored one, else last close. */

import type { Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { acceptedTick, lastPriceKey } from '#kernel/topics/accepted-ticks';
import { instantOf } from '#platform/instant-column';
import type { Cache } from '#platform/ports';
import type { ValuationPrice } from '../domain/valuation.ts';

export type LastPrices = ReturnType<typeof createLastPrices>;

export function createLastPrices({ sql, cache }: { readonly sql: Sql; readonly cache: Cache }) {
  return {
    /** Symbols without any price are left out. */
    async bySymbols(symbols: readonly string[]): Promise<ReadonlyMap<string, ValuationPrice>> {
      const found = new Map<string, ValuationPrice>();
      const cached = await cache.getMany(symbols.map(lastPriceKey));
      symbols.forEach((symbol, index) => {
        const value = cached[index];
        if (value === undefined) return;
        const tick = acceptedTick.parse(value, acceptedTick.version);
        found.set(symbol, {
          kind: 'LAST_PRICE',
          price: price(decimal(tick.price)),
          currency: tick.currency,
          date: null,
          asOfMs: tick.eventTimeMs,
          source: tick.source,
        });
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
): Promise<ReadonlyMap<string, ValuationPrice>> {
  if (symbols.length === 0) return new Map();
  const rows = await sql<StoredPriceRow[]>`
    select wanted.symbol, newest.price, newest.currency, newest.business_date,
      newest.event_time::text, newest.source
    from unnest(${[...symbols]}::text[]) as wanted (symbol)
    cross join lateral (
      select price, currency, 1 as choice, null::date as business_date, event_time, source
      from published.last_prices l where l.symbol = wanted.symbol
      union all
      (select close, currency, 2, business_date, null, source from published.daily_closes c
        where c.symbol = wanted.symbol order by business_date desc limit 1)
      order by choice limit 1
    ) newest`;
  return new Map(rows.map((row) => [row.symbol, storedPriceOf(row)]));
}

interface StoredPriceRow {
  readonly symbol: string;
  readonly price: bigint;
  readonly currency: string;
  /** Of a close; else null. */
  readonly business_date: string | null;
  /** Of a last price; else null. */
  readonly event_time: string | null;
  readonly source: string;
}

function storedPriceOf(row: StoredPriceRow): ValuationPrice {
  return {
    kind: row.business_date === null ? 'LAST_PRICE' : 'DAILY_CLOSE',
    price: price(row.price),
    currency: row.currency,
    date: row.business_date === null ? null : businessDate(row.business_date),
    asOfMs: row.event_time === null ? null : instantOf(row.event_time),
    source: row.source,
  };
}
