/** Where baskets stand with the vendors: what the listing worker begins with, and reads again. */

import type { Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { currencyCode, weight } from '#kernel/money';
import { VENDOR_STATUSES } from '../domain/basket.ts';
import { BASKET_STATES } from '../domain/transition-table.ts';
import type { VendorRow, VendorStanding } from '../domain/vendor-standing.ts';
import { type BasketReader, versionKeyText } from './basket-reader.ts';
import { known } from './basket-rows.ts';

export type VendorStandingReader = ReturnType<typeof createVendorStandingReader>;

export function createVendorStandingReader(sql: Sql, reader: Pick<BasketReader, 'constituents'>) {
  return {
    /** Baskets on the market or on their way, and those that a vendor may still have. */
    async openBasketIds(): Promise<readonly string[]> {
      const rows = await sql<{ id: string }[]>`
        select basket_id as id from baskets.basket b
        where state in ('LISTING', 'LISTING_FAILED', 'ACTIVE', 'REBALANCING', 'SUSPENDED',
            'DELISTING')
          or exists (
            select from baskets.vendor_listing v
            where v.basket_id = b.basket_id and v.status in ('SENT', 'ACKED', 'LISTED', 'FAILED'))
        order by basket_id`;
      return rows.map(({ id }) => id);
    },

    async standings(basketIds: readonly string[]): Promise<readonly VendorStanding[]> {
      const rows = await sql<StandingRow[]>`${standingsOf(sql, basketIds)}`;
      const [constituents, vendors] = await Promise.all([
        reader.constituents(rows),
        listingRows(sql, basketIds),
      ]);
      return rows.map((row) => {
        const names = constituents.get(versionKeyText(row)) ?? [];
        return {
          basketId: row.basketId,
          code: row.code,
          state: known(BASKET_STATES, row.state),
          stateSinceMs: Number(row.stateSinceMs),
          approvedAtMs: row.approvedAtMs === null ? null : Number(row.approvedAtMs),
          lastDate: row.lastDate === null ? null : businessDate(row.lastDate),
          versionNumber: row.number,
          definition: {
            code: row.code,
            name: row.name,
            description: '',
            currency: currencyCode(row.currency),
            versionHash: row.hash,
            constituents: names.map((each) => ({
              symbol: each.symbol,
              weight: weight(each.weight),
            })),
          },
          vendors: vendors.get(row.basketId) ?? [],
        };
      });
    },

    /** Of each basket, in order of vendor. */
    listings: (basketIds: readonly string[]) => listingRows(sql, basketIds),
  };
}

interface StandingRow {
  readonly basketId: string;
  readonly number: number;
  readonly code: string;
  readonly name: string;
  readonly currency: string;
  readonly state: string;
  readonly stateSinceMs: bigint;
  readonly approvedAtMs: bigint | null;
  readonly lastDate: string | null;
  readonly hash: string;
}

const standingsOf = (sql: Sql, basketIds: readonly string[]) => sql`
  select b.basket_id as "basketId", v.number, b.code, b.name, b.currency, b.state, v.hash,
    (extract(epoch from b.state_since) * 1000)::bigint as "stateSinceMs",
    (select (extract(epoch from max(t.recorded_at)) * 1000)::bigint
      from baskets.transition t
      where t.basket_id = b.basket_id and t.refusal is null and t.to_state = 'LISTING'
        and t.event in ('APPROVE_BASKET', 'LAUNCH_DUE')) as "approvedAtMs",
    (select d.last_date::text from baskets.delisting d
      where d.basket_id = b.basket_id and d.confirmed_at is not null
        and d.cancel_confirmed_by is null
      order by d.number desc limit 1) as "lastDate"
  from baskets.basket b
    join baskets.basket_version v
      on v.basket_id = b.basket_id and v.number = b.current_version
  where b.basket_id = any(${[...basketIds]}::text[])`;

export type ListingRow = VendorRow & { readonly basketId: string; readonly updatedAtMs: number };

async function listingRows(
  sql: Sql,
  basketIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ListingRow[]>> {
  const rows = await sql<(Omit<ListingRow, 'updatedAtMs'> & { updatedAtMs: bigint })[]>`
    select basket_id as "basketId", vendor, is_mandatory as "isMandatory", status, attempts,
      vendor_id as "vendorId", reason,
      (extract(epoch from updated_at) * 1000)::bigint as "updatedAtMs"
    from baskets.vendor_listing
    where basket_id = any(${[...basketIds]}::text[]) order by basket_id, vendor`;
  const byBasket = new Map<string, ListingRow[]>();
  for (const row of rows) {
    const listing = {
      ...row,
      status: known(VENDOR_STATUSES, row.status),
      updatedAtMs: Number(row.updatedAtMs),
    };
    const others = byBasket.get(row.basketId);
    if (others) others.push(listing);
    else byBasket.set(row.basketId, [listing]);
  }
  return byBasket;
}
