/** Reads the audit trail of a basket. */

import type { Sql } from 'postgres';
import type { PageRequest } from '#platform/connection';
import { invariant, PlatformError } from '#platform/errors';
import { auditColumns, type AuditRow, auditRowOf, type RawAuditRow } from './basket-rows.ts';

export type AuditReader = ReturnType<typeof createAuditReader>;

export function createAuditReader(sql: Sql) {
  return {
    /** Oldest first; one more than asked when there is a next page. */
    async page(
      basketId: string,
      page: PageRequest,
      { withRefused }: { readonly withRefused: boolean },
    ): Promise<readonly AuditRow[]> {
      const rows = await sql<RawAuditRow[]>`
        select ${auditColumns(sql)} from baskets.transition
        where basket_id = ${basketId} and number > ${numberAfter(page)}
          and (${withRefused} or refusal is null)
        order by number limit ${page.first + 1}`;
      return rows.map(auditRowOf);
    },

    /** One row that is known to exist. */
    async one(basketId: string, number: number): Promise<AuditRow> {
      const [row] = await sql<RawAuditRow[]>`
        select ${auditColumns(sql)} from baskets.transition
        where basket_id = ${basketId} and number = ${number}`;
      invariant(row, `basket ${basketId} has transition ${number}`);
      return auditRowOf(row);
    },
  };
}

function numberAfter(page: PageRequest): number {
  const text = page.after?.[0] ?? '0';
  if (!/^\d{1,9}$/.test(text)) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  return Number(text);
}
