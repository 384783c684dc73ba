/** Timers of baskets in Postgres: a restart finds them. They follow from the facts. */

import type { Sql, TransactionSql } from 'postgres';
import { instantText } from '#platform/instant-column';
import type { Basket } from '../domain/basket.ts';
import { type Timer, TIMER_KINDS, type TimerKind, timersOf } from '../domain/basket-timers.ts';
import { known } from './basket-rows.ts';

/** Sets what is due by the new standing, drops what is not. */
export async function saveTimers(
  tx: TransactionSql,
  before: Basket | null,
  after: Basket,
): Promise<void> {
  const former = before ? timersOf(before) : [];
  const next = timersOf(after);
  const isKept = (a: Timer) => next.some((b) => b.kind === a.kind);
  const gone = former.filter((each) => !isKept(each)).map(({ kind }) => kind as string);
  const fresh = next.filter((each) => !former.some((other) => isSame(each, other)));
  if (gone.length > 0) {
    await tx`
      delete from baskets.timer where basket_id = ${after.id} and kind = any(${gone}::text[])`;
  }
  if (fresh.length === 0) return;
  await tx`
    insert into baskets.timer (basket_id, code, kind, due_at, version_number)
    select ${after.id}, ${after.code}, kind, due_at, version_number
    from unnest(
      ${fresh.map(({ kind }) => kind as string)}::text[],
      ${fresh.map(({ dueAtMs }) => instantText(dueAtMs))}::text[]::timestamptz[],
      ${fresh.map(({ versionNumber }) => (versionNumber === null ? null : String(versionNumber)))}
        ::text[]::int[]) as t(kind, due_at, version_number)
    on conflict (basket_id, kind) do update set
      due_at = excluded.due_at, version_number = excluded.version_number, attempts = 0`;
}

function isSame(a: Timer, b: Timer): boolean {
  return a.kind === b.kind && a.dueAtMs === b.dueAtMs && a.versionNumber === b.versionNumber;
}

export interface DueTimer extends Timer {
  readonly basketId: string;
  readonly code: string;
  readonly attempts: number;
}

export type TimerStore = ReturnType<typeof createTimerStore>;

export function createTimerStore(sql: Sql) {
  return {
    /** What is due, the longest overdue first. */
    async due(nowMs: number, limit: number): Promise<readonly DueTimer[]> {
      const rows = await sql<TimerRow[]>`
        select basket_id as "basketId", code, kind, version_number as "versionNumber", attempts,
          (extract(epoch from due_at) * 1000)::bigint as "dueAtMs"
        from baskets.timer where due_at <= ${instantText(nowMs)}::text::timestamptz
        order by due_at limit ${limit}`;
      return rows.map((row) => ({
        ...row,
        kind: known(TIMER_KINDS, row.kind),
        dueAtMs: Number(row.dueAtMs),
      }));
    },

    /** When the next one is due; null without any. */
    async nextDueAtMs(): Promise<number | null> {
      const [row] = await sql<{ dueAtMs: bigint | null }[]>`
        select (extract(epoch from min(due_at)) * 1000)::bigint as "dueAtMs" from baskets.timer`;
      const dueAtMs = row?.dueAtMs ?? null;
      return dueAtMs === null ? null : Number(dueAtMs);
    },

    /** Looks at it again later; a timer that was set anew meanwhile stays as it is. */
    async postpone({ basketId, kind, dueAtMs }: DueTimer, untilMs: number): Promise<void> {
      await sql`
        update baskets.timer
        set due_at = ${instantText(untilMs)}::text::timestamptz, attempts = attempts + 1
        where basket_id = ${basketId} and kind = ${kind}
          and due_at = ${instantText(dueAtMs)}::text::timestamptz`;
    },
  };
}

interface TimerRow {
  readonly basketId: string;
  readonly code: string;
  readonly kind: TimerKind;
  readonly versionNumber: number | null;
  readonly attempts: number;
  readonly dueAtMs: bigint;
}
