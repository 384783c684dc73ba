/** What other subgraphs publish and baskets read: instruments and reference rates. */

import type { Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { parseCurrencyCode } from '#kernel/money';
import type { KnownInstrument } from '../domain/composition.ts';
import type { FxSnapshot } from '../domain/fx-snapshot.ts';

export type ReferenceDataReader = ReturnType<typeof createReferenceDataReader>;

export function createReferenceDataReader(sql: Sql) {
  return {
    /** By symbol; unknown symbols are left out. */
    async instruments(symbols: readonly string[]): Promise<ReadonlyMap<string, KnownInstrument>> {
      const rows = await sql<{ instrumentId: string; symbol: string; currency: string }[]>`
        select instrument_id as "instrumentId", symbol, currency from published.instruments
        where symbol = any(${[...symbols]}::text[])`;
      const found = new Map<string, KnownInstrument>();
      for (const { instrumentId, symbol, currency: text } of rows) {
        const currency = parseCurrencyCode(text);
        if (currency !== undefined) found.set(symbol, { instrumentId, symbol, currency });
      }
      return found;
    },

    /** The newest rate of every currency, in one statement and so of one moment. */
    async fxSnapshot(): Promise<FxSnapshot> {
      const rows = await sql<{ currency: string; fixedOn: string; unitsPerEur: string }[]>`
        with recursive currencies(currency) as (
          (select currency from published.fx_rates order by currency limit 1)
          union all
          select (
            select f.currency from published.fx_rates f
            where f.currency > c.currency order by f.currency limit 1)
          from currencies c where c.currency is not null)
        select f.currency, f.business_date::text as "fixedOn",
          f.units_per_eur::numeric(38, 8)::text as "unitsPerEur"
        from currencies c cross join lateral (
          select currency, business_date, units_per_eur from published.fx_rates r
          where r.currency = c.currency order by business_date desc limit 1) f`;
      return new Map(
        rows
          .map(({ currency, fixedOn, unitsPerEur }) => ({
            currency,
            rate: { unitsPerEur: decimal(unitsPerEur), fixedOn: businessDate(fixedOn) },
          }))
          .filter(({ rate }) => rate.unitsPerEur > 0n)
          .map(({ currency, rate }) => [currency, rate]),
      );
    },
  };
}
