/** Writes bars in batches, each one statement. */

import type { Sql } from 'postgres';
import type { BarPrices } from '../domain/bar.ts';

export interface SeriesBar extends BarPrices {
  readonly seriesId: number;
  readonly date: string;
}

/**
 * Stores what is new or differs and answers with how many that were. A changed bar's former value
 * goes to the history (a trigger). No day of a series may come twice in one batch.
 *
 * What is equal is left out before the insert, which would lock each such row only to skip it.
 */
export async function writeBars(sql: Sql, bars: readonly SeriesBar[]): Promise<number> {
  const columns = columnsOf(bars);
  const written = await sql`
    insert into market_data.price_bar as stored
      (series_id, business_date, open, high, low, close, volume)
    select * from unnest(
      ${columns.seriesId}::text::int[], ${columns.date}::text::date[],
      ${columns.open}::text::bigint[], ${columns.high}::text::bigint[],
      ${columns.low}::text::bigint[], ${columns.close}::text::bigint[],
      ${columns.volume}::text::bigint[])
    on conflict (series_id, business_date) do update set
      open = excluded.open, high = excluded.high, low = excluded.low,
      close = excluded.close, volume = excluded.volume
    where (stored.open, stored.high, stored.low, stored.close, stored.volume)
      is distinct from
      (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)`;
  return written.count;
}

/** Arrays as text: the driver turns bigints to strings one by one, at ten times the cost. */
function columnsOf(bars: readonly SeriesBar[]) {
  const column = (value: (bar: SeriesBar) => number | string | bigint | null) =>
    `{${bars.map((bar) => value(bar) ?? 'null').join(',')}}`;
  return {
    seriesId: column((bar) => bar.seriesId),
    date: column((bar) => bar.date),
    open: column((bar) => bar.open),
    high: column((bar) => bar.high),
    low: column((bar) => bar.low),
    close: column((bar) => bar.close),
    volume: column((bar) => bar.volume),
  };
}
