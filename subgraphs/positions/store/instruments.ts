/** Instruments as market data publishes them, kept for a while. */

import { LRUCache } from 'lru-cache';
import type { Sql } from 'postgres';
import { currencyCode } from '#kernel/money';
import type { TradedInstrument } from '../domain/trade.ts';

const MAX_KEPT_INSTRUMENTS = 20_000;
/** How long another currency of an instrument may stay unseen here. */
const KEPT_FOR_MS = 60_000;

export type InstrumentLookup = ReturnType<typeof createInstrumentLookup>;

export function createInstrumentLookup(sql: Sql) {
  const kept = new LRUCache<string, TradedInstrument>({
    max: MAX_KEPT_INSTRUMENTS,
    ttl: KEPT_FOR_MS,
  });
  return {
    /** By symbol in upper case; unknown ones are left out, and asked for again the next time. */
    async bySymbols(symbols: readonly string[]): Promise<ReadonlyMap<string, TradedInstrument>> {
      const found = new Map<string, TradedInstrument>();
      const missing = new Set<string>();
      for (const symbol of symbols) {
        const known = kept.get(symbol);
        if (known === undefined) missing.add(symbol);
        else found.set(symbol, known);
      }
      if (missing.size === 0) return found;
      const rows = await sql<InstrumentRow[]>`
        select instrument_id, symbol, currency from published.instruments
        where symbol = any(${[...missing]}::text[])`;
      for (const row of rows) {
        const instrument: TradedInstrument = {
          instrumentId: row.instrument_id,
          symbol: row.symbol,
          currency: currencyCode(row.currency),
        };
        kept.set(row.symbol, instrument);
        found.set(row.symbol, instrument);
      }
      return found;
    },
  };
}

interface InstrumentRow {
  readonly instrument_id: string;
  readonly symbol: string;
  readonly currency: string;
}
