/** What orders need to know of instruments and prices: published by market data, read here. */

import { LRUCache } from 'lru-cache';
import type { Sql } from 'postgres';
import { type CurrencyCode, currencyCode, price } from '#kernel/money';
import { acceptedTick, lastPriceKey } from '#kernel/topics/accepted-ticks';
import type { Clock } from '#platform/clock';
import type { Cache } from '#platform/ports';
import { isFresh, type LiveQuote, quoteOf } from '../domain/live-quote.ts';
import type { Quote } from '../domain/match-quote.ts';

const MAX_CACHED_INSTRUMENTS = 10_000;
/** An instrument changed by market data is seen after at most this long. */
const INSTRUMENT_TTL_MS = 30_000;
export interface TradedInstrument {
  readonly instrumentId: string;
  readonly symbol: string;
  readonly assetClass: string;
  readonly currency: CurrencyCode;
}

export type MarketView = ReturnType<typeof createMarketView>;

interface PriceRow {
  readonly last: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
}

export function createMarketView({
  sql,
  cache,
  clock,
}: {
  readonly sql: Sql;
  readonly cache: Cache;
  readonly clock: Clock;
}) {
  const known = new LRUCache<string, TradedInstrument>({
    max: MAX_CACHED_INSTRUMENTS,
    ttl: INSTRUMENT_TTL_MS,
  });

  async function lastTick(symbol: string): Promise<LiveQuote | null> {
    const [value] = await cache.getMany([lastPriceKey(symbol)]);
    return value === undefined ? null : quoteOf(acceptedTick.parse(value, acceptedTick.version));
  }

  return {
    /** Null when there is none; that is asked anew each time. */
    async instrument(symbol: string): Promise<TradedInstrument | null> {
      const cached = known.get(symbol);
      if (cached !== undefined) return cached;
      const found = await findInstrument(sql, symbol);
      if (found !== null) known.set(symbol, found);
      return found;
    },

    /** The last tick, else the last one stored, else the newest close; null without any. */
    referenceQuote: async (symbol: string): Promise<Quote | null> =>
      (await lastTick(symbol)) ?? findStoredQuote(sql, symbol),

    /** The last tick while it is fresh enough to fill at; null otherwise. */
    async liveQuote(symbol: string): Promise<LiveQuote | null> {
      const tick = await lastTick(symbol);
      return tick !== null && isFresh(tick, clock.nowMs()) ? tick : null;
    },
  };
}

async function findInstrument(sql: Sql, symbol: string): Promise<TradedInstrument | null> {
  const [row] = await sql<{ instrument_id: string; asset_class: string; currency: string }[]>`
    select instrument_id, asset_class, currency from published.instruments
    where symbol = ${symbol}`;
  if (row === undefined) return null;
  return {
    instrumentId: row.instrument_id,
    symbol,
    assetClass: row.asset_class,
    currency: currencyCode(row.currency),
  };
}

async function findStoredQuote(sql: Sql, symbol: string): Promise<Quote | null> {
  const [row] = await sql<PriceRow[]>`
    select last, bid, ask from (
      select 1 as rank, price as last, bid, ask from published.last_prices
      where symbol = ${symbol}
      union all
      (select 2, close, null, null from published.daily_closes
       where symbol = ${symbol} order by business_date desc limit 1)
    ) as known order by rank limit 1`;
  if (row === undefined) return null;
  return { last: price(row.last), bid: priceOrNull(row.bid), ask: priceOrNull(row.ask) };
}

function priceOrNull(value: bigint | null) {
  return value === null ? null : price(value);
}
