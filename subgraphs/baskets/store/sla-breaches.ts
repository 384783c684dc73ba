/** Promises that were not kept: append-only rows, each announced in the commit that adds it. */

import type { Sql, TransactionSql } from 'postgres';
import {
  BASKET_SLA_KINDS,
  type BasketSlaBreached,
  basketSlaBreached,
  type BasketSlaKind,
} from '#kernel/topics/basket-sla-breached';
import type { PageRequest } from '#platform/connection';
import { instantText } from '#platform/instant-column';
import { appendToOutbox } from '#platform/outbox';
import { known } from './basket-rows.ts';

export interface BreachFilter {
  readonly codes: readonly string[] | null;
  readonly kinds: readonly BasketSlaKind[] | null;
}

export type SlaBreachStore = ReturnType<typeof createSlaBreachStore>;

export function createSlaBreachStore(sql: Sql) {
  return {
    /** One with an id that is there already is left out; answers with the new ones. */
    async record(breaches: readonly BasketSlaBreached[]): Promise<readonly BasketSlaBreached[]> {
      if (breaches.length === 0) return [];
      return sql.begin((tx) => recordBreaches(tx, breaches));
    },

    /** Newest first; one more than asked for when there is another page. */
    async page(filter: BreachFilter, page: PageRequest): Promise<readonly BasketSlaBreached[]> {
      const { codes, kinds } = filter;
      const [afterAt = null, afterId = null] = page.after ?? [];
      const rows = await sql<BreachRow[]>`
        select breach_id as "breachId", kind, basket_id as "basketId", b.code, vendor,
          limit_ms as "limitMs", actual_ms as "actualMs", detail,
          (extract(epoch from occurred_at) * 1000)::bigint as "occurredAtMs"
        from baskets.sla_breach s join baskets.basket b using (basket_id)
        where (${codes === null} or b.code = any(${[...(codes ?? [])]}::text[]))
          and (${kinds === null} or s.kind = any(${[...(kinds ?? [])]}::text[]))
          and (${afterAt}::text is null
            or (occurred_at, breach_id) < (${afterAt}::text::timestamptz, ${afterId}::text))
        order by occurred_at desc, breach_id desc
        limit ${page.first + 1}`;
      return rows.map((row) => ({
        ...row,
        kind: known(BASKET_SLA_KINDS, row.kind),
        occurredAtMs: Number(row.occurredAtMs),
      }));
    },
  };
}

/** In a transaction that is under way; answers with those that are new. */
export async function recordBreaches(
  tx: TransactionSql,
  breaches: readonly BasketSlaBreached[],
): Promise<readonly BasketSlaBreached[]> {
  const added = await tx<{ id: string }[]>`
    insert into baskets.sla_breach
      (breach_id, kind, basket_id, vendor, limit_ms, actual_ms, detail, occurred_at)
    select * from unnest(
      ${breaches.map(({ breachId }) => breachId)}::text[],
      ${breaches.map(({ kind }) => kind as string)}::text[],
      ${breaches.map(({ basketId }) => basketId)}::text[],
      ${breaches.map(({ vendor }) => vendor)}::text[],
      ${breaches.map(({ limitMs }) => String(limitMs))}::text[]::int[],
      ${breaches.map(({ actualMs }) => String(actualMs))}::text[]::int[],
      ${breaches.map(({ detail }) => detail)}::text[],
      ${breaches.map(({ occurredAtMs }) => instantText(occurredAtMs))}::text[]::timestamptz[])
    on conflict (breach_id) do nothing
    returning breach_id as id`;
  const ids = new Set(added.map(({ id }) => id));
  const fresh = breaches.filter(({ breachId }) => ids.has(breachId));
  const { topic, name: type, version } = basketSlaBreached;
  await appendToOutbox(
    tx,
    fresh.map((breach) => ({
      topic,
      key: breach.basketId,
      type,
      version,
      payload: basketSlaBreached.encode(breach),
      correlationId: breach.breachId,
      causationId: null,
    })),
  );
  return fresh;
}

type BreachRow = Omit<BasketSlaBreached, 'occurredAtMs'> & { readonly occurredAtMs: bigint };
