/** Reference rates in Postgres. */

import type { Sql } from 'postgres';
import { businessDate, type BusinessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { type CurrencyCode, currencyCode, rate } from '#kernel/money';
import type { FxFixing } from '../domain/fx-file.ts';
import type { SourcedFixing } from '../domain/fx-rate.ts';

interface FixingRow {
  readonly currency: string;
  readonly fixed_on: string;
  readonly units_per_eur: string;
  readonly source: string;
}

export type FxFixingRepository = ReturnType<typeof createFxFixingRepository>;

export function createFxFixingRepository(sql: Sql) {
  return {
    /** The newest fixing of each currency that is not later than `asOf`; one query. */
    async newest(
      currencies: readonly CurrencyCode[],
      asOf: BusinessDate,
    ): Promise<ReadonlyMap<CurrencyCode, SourcedFixing>> {
      const rows = await sql<FixingRow[]>`
        select found.* from unnest(${[...currencies]}::text[]) as wanted (currency)
        cross join lateral (
          select currency, fixed_on, units_per_eur, source from market_data.fx_fixing
          where currency = wanted.currency and fixed_on <= ${asOf}
          order by fixed_on desc
          limit 1
        ) found`;
      const fixings = rows.map(fixingOf);
      return new Map(fixings.map((fixing) => [fixing.currency, fixing]));
    },

    /** The newest day with any fixing; undefined when there is none. */
    async newestDay(): Promise<BusinessDate | undefined> {
      const [row] = await sql<{ fixed_on: string | null }[]>`
        select max(fixed_on) as fixed_on from market_data.fx_fixing`;
      return row?.fixed_on ? businessDate(row.fixed_on) : undefined;
    },

    /**
     * Stores what is new or differs and answers with how many that were; former values go to the
     * history (a trigger). No day of a currency may come twice in one batch.
     */
    async write(fixings: readonly FxFixing[], source: string): Promise<number> {
      const rates = fixings.map((fixing) => formatDecimal(fixing.unitsPerEur));
      const written = await sql`
        with incoming as (
          select * from unnest(
            ${fixings.map((fixing) => fixing.currency)}::text[],
            ${`{${fixings.map((fixing) => fixing.fixedOn).join(',')}}`}::text::date[],
            ${`{${rates.join(',')}}`}::text::numeric[]
          ) as fixing (currency, fixed_on, units_per_eur)
        )
        insert into market_data.fx_fixing as stored (currency, fixed_on, units_per_eur, source)
        select fixing.*, ${source} from incoming fixing
        left join market_data.fx_fixing old using (currency, fixed_on)
        where old.units_per_eur is distinct from fixing.units_per_eur
        on conflict (currency, fixed_on) do update set
          units_per_eur = excluded.units_per_eur, source = excluded.source
        where stored.units_per_eur is distinct from excluded.units_per_eur`;
      return written.count;
    },
  };
}

function fixingOf(row: FixingRow): SourcedFixing {
  return {
    currency: currencyCode(row.currency),
    fixedOn: businessDate(row.fixed_on),
    unitsPerEur: rate(decimal(row.units_per_eur)),
    source: row.source,
  };
}
