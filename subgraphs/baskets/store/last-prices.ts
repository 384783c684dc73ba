/** Last known prices: the cache of accepted ticks, then the stored last one, then the close. */

import type { Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { price } from '#kernel/money';
import { acceptedTick, lastPriceKey, PRICE_QUALITIES } from '#kernel/topics/accepted-ticks';
import type { Cache } from '#platform/ports';
import { closePrice, type LivePrice, livePriceOf } from '../domain/live-price.ts';

/** By symbol; a symbol without any price is left out. */
export type LastPriceReader = (
  symbols: readonly string[],
) => Promise<ReadonlyMap<string, LivePrice>>;

export function createLastPriceReader({
  sql,
  cache,
}: {
  readonly sql: Sql;
  readonly cache: Cache;
}): LastPriceReader {
  return async (symbols) => {
    const found = new Map<string, LivePrice>();
    const missing = () => symbols.filter((symbol) => !found.has(symbol));
    for (const [symbol, each] of await cachedPrices(cache, symbols)) found.set(symbol, each);
    for (const [symbol, each] of await storedPrices(sql, missing())) found.set(symbol, each);
    for (const [symbol, each] of await closes(sql, missing())) found.set(symbol, each);
    return found;
  };
}

type Found = readonly (readonly [string, LivePrice])[];

async function cachedPrices(cache: Cache, symbols: readonly string[]): Promise<Found> {
  const values = await cache.getMany(symbols.map(lastPriceKey));
  return values.flatMap((value) => {
    if (value === undefined) return [];
    const tick = acceptedTick.parse(value, acceptedTick.version);
    return [[tick.symbol, livePriceOf(tick)] as const];
  });
}

async function storedPrices(sql: Sql, symbols: readonly string[]): Promise<Found> {
  if (symbols.length === 0) return [];
  const rows = await sql<
    { symbol: string; price: bigint; eventTimeMs: bigint; quality: string; sequence: bigint }[]
  >`
    select symbol, price, (extract(epoch from event_time) * 1000)::bigint as "eventTimeMs",
      quality, sequence
    from published.last_prices where symbol = any(${[...symbols]}::text[])`;
  return rows.map((row) => [
    row.symbol,
    {
      price: price(row.price),
      eventTimeMs: Number(row.eventTimeMs),
      receivedAtMs: Number(row.eventTimeMs),
      quality: PRICE_QUALITIES.find((each) => each === row.quality) ?? 'STALE',
      sequence: row.sequence,
    },
  ]);
}

async function closes(sql: Sql, symbols: readonly string[]): Promise<Found> {
  if (symbols.length === 0) return [];
  const rows = await sql<{ symbol: string; close: bigint; businessDate: string }[]>`
    select c.symbol, c.close, c.business_date::text as "businessDate"
    from unnest(${[...symbols]}::text[]) as s(symbol)
      cross join lateral (
        select symbol, close, business_date from published.daily_closes d
        where d.symbol = s.symbol order by business_date desc limit 1) c`;
  return rows.map((row) => [
    row.symbol,
    closePrice(price(row.close), businessDate(row.businessDate)),
  ]);
}
