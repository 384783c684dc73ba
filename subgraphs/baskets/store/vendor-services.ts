/** How vendors were served lately, from the record of every price that went to them. */

import type { Sql } from 'postgres';
import { instantText } from '#platform/instant-column';

export interface VendorFigures {
  readonly vendor: string;
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  /** Given up, or a newer price took its place before the answer came. */
  readonly unanswered: number;
  /** From the valuation to the acknowledgement; null when none was acknowledged. */
  readonly publishMsP50: number | null;
  readonly publishMsP95: number | null;
  readonly publishMsP99: number | null;
  readonly publishBreaches: number;
  readonly cadenceBreaches: number;
}

export type VendorServiceReader = ReturnType<typeof createVendorServiceReader>;

export function createVendorServiceReader(sql: Sql) {
  return {
    /** Vendors that were sent nothing since then are left out. */
    async figures(sinceMs: number): Promise<readonly VendorFigures[]> {
      const since = sql`${instantText(sinceMs)}::text::timestamptz`;
      return sql<VendorFigures[]>`
        with published as (
          select vendor, count(*)::int as sent,
            (count(*) filter (where outcome = 'ACKED'))::int as acked,
            (count(*) filter (where outcome = 'REFUSED'))::int as refused,
            (count(*) filter (where outcome in ('SUPERSEDED', 'DEAD')))::int as unanswered,
            percentile_disc(array[0.5, 0.95, 0.99]) within group (
              order by (extract(epoch from acked_at - valued_at) * 1000)::float8) as ms
          from baskets.vendor_publication where sent_at >= ${since} group by vendor),
        broken as (
          select vendor, (count(*) filter (where kind = 'PUBLISH'))::int as publish,
            (count(*) filter (where kind = 'CADENCE'))::int as cadence
          from baskets.sla_breach where occurred_at >= ${since} group by vendor)
        select p.vendor, p.sent, p.acked, p.refused, p.unanswered, p.ms[1] as "publishMsP50",
          p.ms[2] as "publishMsP95", p.ms[3] as "publishMsP99",
          coalesce(b.publish, 0) as "publishBreaches", coalesce(b.cadence, 0) as "cadenceBreaches"
        from published p left join broken b using (vendor)`;
    },
  };
}
