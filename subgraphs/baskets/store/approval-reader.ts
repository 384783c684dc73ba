/** Reads who made a version, who approved it, and how a basket leaves the market. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { type VersionKey, versionKeyText } from './basket-reader.ts';
import { known } from './basket-rows.ts';

export const APPROVAL_STATUSES = [
  'OPEN',
  'APPROVED',
  'WITHDRAWN',
  'CHANGES_REQUESTED',
  'REJECTED',
  'EXPIRED',
  'REVOKED',
  'CANCELLED',
] as const;

export interface GivenApprovalRow {
  readonly approver: string;
  readonly onBehalfOf: string | null;
  readonly atMs: number;
}

export interface ApprovalRow {
  readonly submission: number;
  readonly versionHash: string;
  readonly submittedBy: string;
  readonly submittedAtMs: number;
  readonly expiresAtMs: number;
  readonly required: number;
  readonly status: (typeof APPROVAL_STATUSES)[number];
  readonly given: readonly GivenApprovalRow[];
}

export interface DelistingRow {
  readonly lastDate: BusinessDate;
  readonly requestedBy: string;
  readonly confirmedBy: string | null;
  readonly cancelRequestedBy: string | null;
  readonly completedAtMs: number | null;
}

export type ApprovalReader = ReturnType<typeof createApprovalReader>;

export function createApprovalReader(sql: Sql) {
  return {
    /** By `versionKeyText`, oldest first. */
    approvals: (keys: readonly VersionKey[]) => approvalsOf(sql, keys),
    /** By `versionKeyText`, in order of name. */
    makers: (keys: readonly VersionKey[]) => makersOf(sql, keys),

    /** The newest of each basket that was not called off. */
    async delistings(basketIds: readonly string[]): Promise<ReadonlyMap<string, DelistingRow>> {
      const rows = await sql<RawDelistingRow[]>`
        select distinct on (basket_id) basket_id as "basketId", last_date::text as "lastDate",
          requested_by as "requestedBy", confirmed_by as "confirmedBy",
          cancel_requested_by as "cancelRequestedBy",
          cancel_confirmed_by is not null as "isOff",
          (extract(epoch from completed_at) * 1000)::bigint as "completedAtMs"
        from baskets.delisting where basket_id = any(${[...basketIds]}::text[])
        order by basket_id, number desc`;
      return new Map(
        rows
          .filter(({ isOff }) => !isOff)
          .map((row) => [
            row.basketId,
            {
              ...row,
              lastDate: businessDate(row.lastDate),
              completedAtMs: row.completedAtMs === null ? null : Number(row.completedAtMs),
            },
          ]),
      );
    },
  };
}

interface RawDelistingRow {
  readonly basketId: string;
  readonly lastDate: string;
  readonly requestedBy: string;
  readonly confirmedBy: string | null;
  readonly cancelRequestedBy: string | null;
  readonly isOff: boolean;
  readonly completedAtMs: bigint | null;
}

interface RawApprovalRow extends VersionKey {
  readonly submission: number;
  readonly versionHash: string;
  readonly submittedBy: string;
  readonly submittedAtMs: bigint;
  readonly expiresAtMs: bigint;
  readonly required: number;
  readonly status: string;
  /** Of the first approval, and so on; null without any. */
  readonly approver: string | null;
  readonly onBehalfOf: string | null;
  readonly approvedAtMs: bigint | null;
}

const keysOf = (sql: Sql, keys: readonly VersionKey[]) => sql`
  unnest(
    ${keys.map(({ basketId }) => basketId)}::text[],
    ${keys.map(({ number }) => String(number))}::text[]::int[]) as k(basket_id, number)`;

async function approvalsOf(
  sql: Sql,
  keys: readonly VersionKey[],
): Promise<ReadonlyMap<string, readonly ApprovalRow[]>> {
  const rows = await sql<RawApprovalRow[]>`
    select r.basket_id as "basketId", r.version_number as number, r.submission,
      r.version_hash as "versionHash", r.submitted_by as "submittedBy", r.required, r.status,
      (extract(epoch from r.submitted_at) * 1000)::bigint as "submittedAtMs",
      (extract(epoch from r.expires_at) * 1000)::bigint as "expiresAtMs",
      a.approver, a.on_behalf_of as "onBehalfOf",
      (extract(epoch from a.approved_at) * 1000)::bigint as "approvedAtMs"
    from ${keysOf(sql, keys)}
      join baskets.approval_request r
        on r.basket_id = k.basket_id and r.version_number = k.number
      left join baskets.approval a
        on a.basket_id = r.basket_id and a.submission = r.submission
    order by r.basket_id, r.submission, a.approved_at`;
  const found = new Map<string, ApprovalRow[]>();
  for (const row of rows) {
    const key = versionKeyText(row);
    const list = found.get(key) ?? [];
    found.set(key, list);
    const last = list.at(-1);
    const given = givenOf(row);
    if (last?.submission === row.submission) {
      list[list.length - 1] = { ...last, given: [...last.given, ...given] };
      continue;
    }
    list.push({
      ...row,
      submittedAtMs: Number(row.submittedAtMs),
      expiresAtMs: Number(row.expiresAtMs),
      status: known(APPROVAL_STATUSES, row.status),
      given,
    });
  }
  return found;
}

function givenOf({ approver, onBehalfOf, approvedAtMs }: RawApprovalRow): GivenApprovalRow[] {
  if (approver === null || approvedAtMs === null) return [];
  return [{ approver, onBehalfOf, atMs: Number(approvedAtMs) }];
}

async function makersOf(
  sql: Sql,
  keys: readonly VersionKey[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await sql<(VersionKey & { readonly makers: string[] })[]>`
    select e.basket_id as "basketId", e.version_number as number,
      array_agg(e.actor order by e.actor) as makers
    from ${keysOf(sql, keys)}
      join baskets.version_editor e
        on e.basket_id = k.basket_id and e.version_number = k.number
    group by 1, 2`;
  return new Map(rows.map((row) => [versionKeyText(row), row.makers]));
}
