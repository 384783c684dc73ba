/** Daily closes for the valuation of a position at another day, and what stands against them. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { price } from '#kernel/money';
import {
  MAX_CLOSE_AGE_DAYS,
  UNIT_CHANGING_ACTIONS,
  type ValuationPrice,
} from '../domain/valuation.ts';

export interface CloseAsked {
  readonly symbol: string;
  /** The close of this day, else the newest of the days before it. */
  readonly date: BusinessDate;
}

export type ClosingPrices = ReturnType<typeof createClosingPrices>;

export function createClosingPrices(sql: Sql) {
  return {
    /** In the order asked; null where there is none, or only older ones than may be carried. */
    async newestUpTo(asked: readonly CloseAsked[]): Promise<readonly (ValuationPrice | null)[]> {
      const rows = await sql<CloseRow[]>`
        select place::int, newest.business_date, newest.close, newest.currency, newest.source
        from unnest(
          ${asked.map(({ symbol }) => symbol)}::text[],
          ${asked.map(({ date }) => date)}::text[]::date[]
        ) with ordinality as asked (symbol, on_day, place)
        cross join lateral (
          select business_date, close, currency, source from published.daily_closes c
          where c.symbol = asked.symbol and business_date <= on_day
            and business_date >= on_day - ${MAX_CLOSE_AGE_DAYS}::int
          order by business_date desc limit 1
        ) newest`;
      const found = new Map(rows.map((row) => [row.place, row]));
      return asked.map((_each, index) => {
        const row = found.get(index + 1);
        return row === undefined ? null : closeOf(row);
      });
    },

    /**
     * Newest day of a corporate action after which a unit is another one, by position key; those
     * without any are left out. Whenever it became known: files of closes do not tell.
     */
    async unitsChangedOn(keys: readonly string[]): Promise<ReadonlyMap<string, BusinessDate>> {
      const rows = await sql<{ position_key: string; changed_on: string }[]>`
        select position_key, max(effective_date) as changed_on from positions.event_store
        where position_key = any(${[...keys]}::text[])
          and event_type = 'CORPORATE_ACTION_APPLIED'
          and payload #>> '{action,type}' = any(${[...UNIT_CHANGING_ACTIONS]}::text[])
        group by position_key`;
      return new Map(rows.map((row) => [row.position_key, businessDate(row.changed_on)]));
    },
  };
}

interface CloseRow {
  /** In the list asked, from 1. */
  readonly place: number;
  readonly business_date: string;
  readonly close: bigint;
  readonly currency: string;
  readonly source: string;
}

function closeOf(row: CloseRow): ValuationPrice {
  return {
    kind: 'DAILY_CLOSE',
    price: price(row.close),
    currency: row.currency,
    date: businessDate(row.business_date),
    asOfMs: null,
    source: row.source,
  };
}
