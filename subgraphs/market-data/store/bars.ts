/** Bars in Postgres: read from the preferred series, written to the series of their source. */

import type { Sql } from 'postgres';
import { businessDate, type BusinessDate } from '#kernel/business-date';
import { price, quantity } from '#kernel/money';
import { instantOf } from '#platform/instant-column';
import type { Bar, BarInterval } from '../domain/bar.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import { type SeriesBar, writeBars } from './write-bars.ts';

export interface BarRange {
  readonly interval: BarInterval;
  /** Null for the oldest. */
  readonly from: BusinessDate | null;
  /** Null for the newest. */
  readonly to: BusinessDate | null;
  /** Only bars later than this one. */
  readonly after: BusinessDate | null;
  readonly limit: number;
}

export interface NewestBar extends Bar {
  /** Epoch milliseconds of when we stored it. */
  readonly recordedAtMs: number;
}

interface BarRow {
  readonly instrument_id: InstrumentId;
  readonly business_date: string;
  readonly open: bigint | null;
  readonly high: bigint | null;
  readonly low: bigint | null;
  readonly close: bigint;
  readonly volume: bigint | null;
  readonly is_adjusted: boolean;
  readonly source: string;
}

type BarsByInstrument = ReadonlyMap<InstrumentId, readonly Bar[]>;

export type BarRepository = ReturnType<typeof createBarRepository>;

export function createBarRepository(sql: Sql) {
  return {
    /** Answers with how many were new or changed. */
    write: (bars: readonly SeriesBar[]): Promise<number> => writeBars(sql, bars),

    /** The first `limit` bars of each instrument in the range, in order of date: one query. */
    async inRange(ids: readonly InstrumentId[], range: BarRange): Promise<BarsByInstrument> {
      const rows = await sql<BarRow[]>`
        select s.instrument_id, s.source, s.is_adjusted, b.*
        from market_data.price_series s
        cross join lateral (
          select business_date, open, high, low, close, volume
          from market_data.price_bar
          where series_id = s.series_id
            and (${range.from}::date is null or business_date >= ${range.from})
            and (${range.to}::date is null or business_date <= ${range.to})
            and (${range.after}::date is null or business_date > ${range.after})
          order by business_date
          limit ${range.limit}
        ) b
        where s.is_preferred and s.interval = ${range.interval}
          and s.instrument_id = any(${[...ids]}::text[])
        order by s.instrument_id, b.business_date`;
      return byInstrument(rows);
    },

    /** The newest bar of each instrument, whatever its length; none where there are no bars. */
    async newest(ids: readonly InstrumentId[]): Promise<ReadonlyMap<InstrumentId, NewestBar>> {
      const rows = await sql<(BarRow & { readonly recorded_at: string })[]>`
        select distinct on (s.instrument_id) s.instrument_id, s.source, s.is_adjusted, b.*
        from market_data.price_series s
        cross join lateral (
          select business_date, open, high, low, close, volume, recorded_at
          from market_data.price_bar
          where series_id = s.series_id
          order by business_date desc
          limit 1
        ) b
        where s.is_preferred and s.instrument_id = any(${[...ids]}::text[])
        order by s.instrument_id, b.business_date desc, s.interval`;
      return new Map(
        rows.map((row) => [
          row.instrument_id,
          { ...barOf(row), recordedAtMs: instantOf(row.recorded_at) },
        ]),
      );
    },
  };
}

function byInstrument(rows: readonly BarRow[]): BarsByInstrument {
  const bars = new Map<InstrumentId, Bar[]>();
  for (const row of rows) {
    const list = bars.get(row.instrument_id);
    if (list) list.push(barOf(row));
    else bars.set(row.instrument_id, [barOf(row)]);
  }
  return bars;
}

function barOf(row: BarRow): Bar {
  return {
    date: businessDate(row.business_date),
    open: row.open === null ? null : price(row.open),
    high: row.high === null ? null : price(row.high),
    low: row.low === null ? null : price(row.low),
    close: price(row.close),
    volume: row.volume === null ? null : quantity(row.volume),
    isAdjusted: row.is_adjusted,
    source: row.source,
  };
}
