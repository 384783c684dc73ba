/** What was sent to each vendor against what it acknowledged, per UTC day. */

import type { Sql } from 'postgres';
import { addDays, type BusinessDate, startOfUtcDay } from '#kernel/business-date';
import { instantText } from '#platform/instant-column';

/** A basket whose last price a vendor did not acknowledge. */
export interface ReconciliationBreak {
  readonly code: string;
  readonly lastSentAtMs: number;
  readonly lastAckedAtMs: number | null;
}

export interface Reconciliation {
  readonly vendor: string;
  readonly businessDate: string;
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  /** Neither acknowledged nor refused: a newer price took its place, or it was given up. */
  readonly unanswered: number;
  readonly breaks: readonly ReconciliationBreak[];
  readonly reconciledAtMs: number;
}

export type VendorReconciliationStore = ReturnType<typeof createVendorReconciliationStore>;

/** Of one vendor; more of them say no more. */
const MAX_BREAKS = 100;

export function createVendorReconciliationStore(sql: Sql) {
  return {
    /**
     * Counts what was sent on the day up to `throughMs` and was not counted yet. Run again it adds
     * nothing; what is answered after it was counted is set right by `recount`.
     */
    count: (date: BusinessDate, throughMs: number) => count(sql, date, throughMs),

    /** Counts a day that is over from its rows, once more. */
    async recount(date: BusinessDate): Promise<void> {
      await sql.begin(async (tx) => {
        await tx`
          delete from baskets.vendor_reconciliation where business_date = ${date}::text::date`;
        await tx`${counted(sql, date, startOfUtcDay(addDays(date, 1)))}`;
      });
    },

    /** The newest first, at most `limit`. */
    async newest(limit: number): Promise<readonly Reconciliation[]> {
      const rows = await sql<(Omit<Reconciliation, 'reconciledAtMs'> & { at: bigint })[]>`
        select vendor, business_date::text as "businessDate", sent, acked, refused, unanswered,
          breaks, (extract(epoch from reconciled_at) * 1000)::bigint as at
        from baskets.vendor_reconciliation
        order by business_date desc, vendor limit ${limit}`;
      return rows.map(({ at, ...row }) => ({ ...row, reconciledAtMs: Number(at) }));
    },
  };
}

async function count(sql: Sql, date: BusinessDate, throughMs: number): Promise<void> {
  await sql`${counted(sql, date, throughMs)}`;
  await sql`
    update baskets.vendor_reconciliation r set breaks = coalesce((
      select jsonb_agg(jsonb_build_object('code', b.code,
        'lastSentAtMs', (extract(epoch from c.last_sent_at) * 1000)::bigint,
        'lastAckedAtMs', (extract(epoch from c.last_acked_at) * 1000)::bigint) order by b.code)
      from (
        select * from baskets.vendor_channel c
        where c.vendor = r.vendor and c.last_sent_at <= ${instantText(throughMs)}::text::timestamptz
          and c.last_sent_at >= ${date}::text::date::timestamp at time zone 'UTC'
          and (c.last_acked_at is null or c.last_acked_at < c.last_sent_at)
        limit ${MAX_BREAKS}) c join baskets.basket b using (basket_id)), '[]'::jsonb)
    where r.business_date = ${date}::text::date`;
}

const counted = (sql: Sql, date: BusinessDate, throughMs: number) => sql`
  insert into baskets.vendor_reconciliation as r
    (vendor, business_date, sent, acked, refused, unanswered, breaks, reconciled_at)
  select p.vendor, ${date}::text::date, count(*),
    count(*) filter (where p.outcome = 'ACKED'),
    count(*) filter (where p.outcome = 'REFUSED'),
    count(*) filter (where p.outcome not in ('ACKED', 'REFUSED')),
    '[]'::jsonb, ${instantText(throughMs)}::text::timestamptz
  from baskets.vendor_publication p
    left join baskets.vendor_reconciliation done
      on done.vendor = p.vendor and done.business_date = ${date}::text::date
  where p.sent_at >= ${date}::text::date::timestamp at time zone 'UTC'
    and p.sent_at < ${instantText(throughMs)}::text::timestamptz
    and (done.reconciled_at is null or p.sent_at >= done.reconciled_at)
  group by p.vendor
  on conflict (vendor, business_date) do update set
    sent = r.sent + excluded.sent, acked = r.acked + excluded.acked,
    refused = r.refused + excluded.refused, unanswered = r.unanswered + excluded.unanswered,
    reconciled_at = excluded.reconciled_at`;
