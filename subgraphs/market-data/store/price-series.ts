/** Which series there are, and which of an instrument's is the one that readers see. */

import type { Sql, TransactionSql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { invariant } from '#platform/errors';
import { BAR_INTERVALS, type BarInterval } from '../domain/bar.ts';
import type { InstrumentId } from '../domain/instrument.ts';

export interface PriceSeries {
  readonly instrumentId: InstrumentId;
  readonly source: string;
  readonly interval: BarInterval;
  readonly isAdjusted: boolean;
  readonly isChosen: boolean;
  readonly isPreferred: boolean;
  /** Null until the first import of the series has ended. */
  readonly firstDate: BusinessDate | null;
  readonly lastDate: BusinessDate | null;
  readonly barCount: number;
}

export interface SeriesIdentity {
  readonly source: string;
  readonly interval: BarInterval;
  /** Taken when the series is first seen. */
  readonly isAdjusted: boolean;
}

/** Any fixed number: writers that change which series is preferred wait for each other. */
const PREFERENCE_LOCK = 5_310_003;

export type PriceSeriesRepository = ReturnType<typeof createPriceSeriesRepository>;

export function createPriceSeriesRepository(sql: Sql) {
  return {
    /**
     * The series of each instrument, made where missing. The first series of an instrument is
     * preferred from the start, so that its bars show while they are being imported.
     */
    async ensure(
      ids: readonly InstrumentId[],
      series: SeriesIdentity,
    ): Promise<ReadonlyMap<InstrumentId, number>> {
      const { source, interval, isAdjusted } = series;
      const rows = await sql<{ instrument_id: InstrumentId; series_id: number }[]>`
        with added as (
          insert into market_data.price_series
            (instrument_id, source, interval, is_adjusted, is_preferred)
          select wanted.id, ${source}, ${interval}, ${isAdjusted}, not exists (
            select from market_data.price_series
            where instrument_id = wanted.id and interval = ${interval} and is_preferred)
          from unnest(${[...ids]}::text[]) as wanted (id)
          where not exists (
            select from market_data.price_series
            where instrument_id = wanted.id and interval = ${interval} and source = ${source})
          returning instrument_id, series_id
        )
        select * from added
        union all
        select instrument_id, series_id from market_data.price_series
        where source = ${source} and interval = ${interval}
          and instrument_id = any(${[...ids]}::text[])`;
      return new Map(rows.map((row) => [row.instrument_id, row.series_id]));
    },

    /** The preferred one of each length first, then by source. */
    async ofInstruments(
      ids: readonly InstrumentId[],
    ): Promise<ReadonlyMap<InstrumentId, readonly PriceSeries[]>> {
      const rows = await sql<SeriesRow[]>`
        select instrument_id, source, interval, is_adjusted, is_chosen, is_preferred,
          first_date, last_date, bar_count
        from market_data.price_series where instrument_id = any(${[...ids]}::text[])
        order by interval, is_preferred desc, source`;
      const all = rows.map(priceSeriesOf);
      const ofInstrument = (id: InstrumentId) => all.filter((each) => each.instrumentId === id);
      return new Map(ids.map((id) => [id, ofInstrument(id)]));
    },

    /** Counts the series anew and settles which of each instrument's is preferred. */
    settle: (seriesIds: readonly number[]): Promise<void> => settle(sql, seriesIds),

    /** After imports that did not end by themselves. */
    settleAll: (): Promise<void> => settleAll(sql),

    /** Makes a source the one that readers see; false when the instrument has none such. */
    async choose(id: InstrumentId, source: string, interval: BarInterval): Promise<boolean> {
      const rows = await sql<{ series_id: number }[]>`
        update market_data.price_series set is_chosen = (source = ${source})
        where instrument_id = ${id} and interval = ${interval} and exists (
          select from market_data.price_series
          where instrument_id = ${id} and interval = ${interval} and source = ${source})
        returning series_id`;
      await settlePreferences(
        sql,
        rows.map((row) => row.series_id),
      );
      return rows.length > 0;
    },
  };
}

interface SeriesRow {
  readonly instrument_id: InstrumentId;
  readonly source: string;
  readonly interval: string;
  readonly is_adjusted: boolean;
  readonly is_chosen: boolean;
  readonly is_preferred: boolean;
  readonly first_date: string | null;
  readonly last_date: string | null;
  readonly bar_count: number;
}

function priceSeriesOf(row: SeriesRow): PriceSeries {
  const interval = BAR_INTERVALS.find((each) => each === row.interval);
  invariant(interval, `stored interval ${row.interval} is known`);
  return {
    instrumentId: row.instrument_id,
    source: row.source,
    interval,
    isAdjusted: row.is_adjusted,
    isChosen: row.is_chosen,
    isPreferred: row.is_preferred,
    firstDate: row.first_date === null ? null : businessDate(row.first_date),
    lastDate: row.last_date === null ? null : businessDate(row.last_date),
    barCount: row.bar_count,
  };
}

async function settleAll(sql: Sql): Promise<void> {
  const rows = await sql<{ series_id: number }[]>`
    select series_id from market_data.price_series`;
  const seriesIds = rows.map((row) => row.series_id);
  await settle(sql, seriesIds);
}

async function settle(sql: Sql, seriesIds: readonly number[]): Promise<void> {
  await sql`
    update market_data.price_series series
    set first_date = found.first_date, last_date = found.last_date, bar_count = found.bar_count
    from unnest(${idArray(seriesIds)}::text::int[]) as settled (series_id)
    cross join lateral (
      select min(business_date) as first_date, max(business_date) as last_date,
        count(*)::int as bar_count
      from market_data.price_bar where series_id = settled.series_id
    ) found
    where series.series_id = settled.series_id`;
  await settlePreferences(sql, seriesIds);
}

/** The chosen one, else the one that reaches furthest, else the longest, else the first. */
async function settlePreferences(sql: Sql, seriesIds: readonly number[]): Promise<void> {
  await sql.begin(async (tx) => {
    await lockPreferences(tx);
    const ranked = await tx<{ series_id: number; is_best: boolean }[]>`
      select series_id, row_number() over (
        partition by instrument_id, interval
        order by is_chosen desc, last_date desc nulls last, bar_count desc, series_id
      ) = 1 as is_best
      from market_data.price_series
      where instrument_id in (
        select instrument_id from market_data.price_series
        where series_id = any(${idArray(seriesIds)}::text::int[]))`;
    const idsOf = (isBest: boolean) =>
      idArray(ranked.flatMap((row) => (row.is_best === isBest ? row.series_id : [])));
    // First the ones that lose: at no moment may an instrument have two.
    await tx`
      update market_data.price_series set is_preferred = false
      where series_id = any(${idsOf(false)}::text::int[]) and is_preferred`;
    await tx`
      update market_data.price_series set is_preferred = true
      where series_id = any(${idsOf(true)}::text::int[]) and not is_preferred`;
  });
}

async function lockPreferences(tx: TransactionSql): Promise<void> {
  await tx`select pg_advisory_xact_lock(${PREFERENCE_LOCK})`;
}

function idArray(ids: readonly number[]): string {
  return `{${ids.join(',')}}`;
}
