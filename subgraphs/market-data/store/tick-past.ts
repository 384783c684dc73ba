/** What earlier runs left behind: read, and put right, when the live half starts. */

import type { Sql } from 'postgres';
import { currencyCode } from '#kernel/money';
import { PRICE_QUALITIES, type PriceQuality } from '#kernel/topics/accepted-ticks';
import { instantOf, instantText } from '#platform/instant-column';
import { type InstrumentId, type InstrumentSymbol, parseSymbol } from '../domain/instrument.ts';
import type { StoredPrice } from '../domain/stored-tick.ts';

/** Last prices and positions read at a start. */
const MAX_ROWS_AT_START = 100_000;
/** Ticks may arrive this much after their event, so the last ones lie within it. */
const REPAIR_WINDOW = '20 minutes';

export interface SourcePosition {
  readonly symbol: InstrumentSymbol;
  readonly source: string;
  readonly lastSequence: bigint;
}

export type TickPastRepository = ReturnType<typeof createTickPastRepository>;

export function createTickPastRepository(sql: Sql) {
  return {
    /** A number above those of all earlier starts on this database. */
    async nextRun(): Promise<bigint> {
      const [row] = await sql<{ run: bigint }[]>`select nextval('market_data.tick_run') as run`;
      if (row === undefined) throw new Error('nextval answered nothing');
      return row.run;
    },

    /** Puts right what a killed process left up to a second behind. */
    async repairLastPrices(): Promise<void> {
      await sql`
        update market_data.last_price p
        set (price, bid, ask, event_time, received_at, quality, sequence, source) =
          (t.price, t.bid, t.ask, t.event_time, t.received_at, t.quality, t.sequence, t.source)
        from market_data.last_price q
        cross join lateral (
          select * from market_data.tick
          where instrument_id = q.instrument_id
            and event_time > q.event_time - ${REPAIR_WINDOW}::interval
          order by sequence desc
          limit 1
        ) t
        where p.instrument_id = q.instrument_id and t.sequence > p.sequence`;
    },

    /** Held ticks of an earlier run: nothing can confirm them any more. */
    async discardHeld(atMs: number): Promise<void> {
      await sql`
        update market_data.quarantined_tick
        set status = 'DISCARDED', resolved_at = ${instantText(atMs)}::timestamptz
        where status = 'HELD'`;
    },

    /** Of these instruments, or of all. */
    async lastPrices(ids?: readonly InstrumentId[]): Promise<readonly StoredPrice[]> {
      const rows = await sql<LastPriceRow[]>`
        select p.instrument_id, i.symbol, p.price, p.bid, p.ask, p.currency, p.quality,
          p.sequence, p.source, p.event_time::text, p.received_at::text
        from market_data.last_price p join market_data.instrument i using (instrument_id)
        ${ids === undefined ? sql`` : sql`where instrument_id = any(${[...ids]}::text[])`}
        order by instrument_id
        limit ${MAX_ROWS_AT_START}`;
      return rows.flatMap((row) => storedPriceOf(row));
    },

    async sourcePositions(): Promise<readonly SourcePosition[]> {
      const rows = await sql<{ symbol: string; source: string; last_sequence: string }[]>`
        select i.symbol, s.source, s.last_sequence::text
        from market_data.source_position s join market_data.instrument i using (instrument_id)
        order by s.recorded_at desc
        limit ${MAX_ROWS_AT_START}`;
      return rows.flatMap(({ symbol, source, last_sequence }) => {
        const known = parseSymbol(symbol);
        return known ? [{ symbol: known, source, lastSequence: BigInt(last_sequence) }] : [];
      });
    },

    /** A replay begins anew: its numbers count from the start again. */
    async forgetSource(source: string): Promise<void> {
      await sql`delete from market_data.source_position where source = ${source}`;
    },
  };
}

interface LastPriceRow {
  readonly instrument_id: InstrumentId;
  readonly symbol: string;
  readonly price: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
  readonly currency: string;
  readonly event_time: string;
  readonly received_at: string;
  readonly quality: string;
  readonly sequence: bigint;
  readonly source: string;
}

function storedPriceOf(row: LastPriceRow): readonly StoredPrice[] {
  const symbol = parseSymbol(row.symbol);
  const quality: PriceQuality | undefined = PRICE_QUALITIES.find((each) => each === row.quality);
  if (symbol === undefined || quality === undefined) return [];
  return [
    {
      instrumentId: row.instrument_id,
      symbol,
      price: row.price,
      bid: row.bid,
      ask: row.ask,
      currency: currencyCode(row.currency),
      eventTimeMs: instantOf(row.event_time),
      receivedAtMs: instantOf(row.received_at),
      quality,
      sequence: row.sequence,
      source: row.source,
    },
  ];
}
