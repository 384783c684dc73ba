/** What ingestion and the simulator need to know of instruments. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { currencyCode } from '#kernel/money';
import {
  ASSET_CLASSES,
  type InstrumentId,
  type InstrumentSymbol,
  parseSymbol,
} from '../domain/instrument.ts';
import type { TickInstrument } from '../domain/tick.ts';

export type TickInstrumentRepository = ReturnType<typeof createTickInstrumentRepository>;

interface Row {
  readonly instrument_id: InstrumentId;
  readonly symbol: string;
  readonly asset_class: string;
  readonly currency: string;
  readonly business_date: string | null;
  readonly close: bigint | null;
}

export function createTickInstrumentRepository(sql: Sql) {
  return {
    /** With the newest close before today, by the preferred source. */
    async bySymbols(
      symbols: readonly InstrumentSymbol[],
      today: BusinessDate,
    ): Promise<ReadonlyMap<InstrumentSymbol, TickInstrument>> {
      const rows = await sql<Row[]>`
        select i.instrument_id, i.symbol, i.asset_class, i.currency, b.business_date, b.close
        from market_data.instrument i
        left join market_data.price_series s
          on s.instrument_id = i.instrument_id and s.is_preferred and s.interval = 'DAY_1'
        left join lateral (
          select business_date, close from market_data.price_bar
          where series_id = s.series_id and business_date < ${today}
          order by business_date desc
          limit 1
        ) b on true
        where i.symbol = any(${[...symbols]}::text[])`;
      return new Map(rows.flatMap(instrumentOf).map((each) => [each.symbol, each]));
    },

    /** Those with a close, daily or monthly; the newest closes first. */
    async withClose(limit: number): Promise<readonly TickInstrument[]> {
      const rows = await sql<Row[]>`
        select * from (
          select distinct on (i.instrument_id)
            i.instrument_id, i.symbol, i.asset_class, i.currency, b.business_date, b.close
          from market_data.price_series s
          join market_data.instrument i using (instrument_id)
          cross join lateral (
            select business_date, close from market_data.price_bar
            where series_id = s.series_id
            order by business_date desc
            limit 1
          ) b
          where s.is_preferred
          order by i.instrument_id, b.business_date desc
        ) newest
        order by business_date desc, symbol
        limit ${limit}`;
      return rows.flatMap(instrumentOf);
    },
  };
}

function instrumentOf(row: Row): readonly TickInstrument[] {
  const symbol = parseSymbol(row.symbol);
  const assetClass = ASSET_CLASSES.find((each) => each === row.asset_class);
  if (symbol === undefined || assetClass === undefined) return [];
  const previousClose =
    row.close === null || row.business_date === null
      ? null
      : { price: row.close, date: businessDate(row.business_date) };
  return [
    {
      id: row.instrument_id,
      symbol,
      assetClass,
      currency: currencyCode(row.currency),
      previousClose,
    },
  ];
}
