/** Reads dead letters and what was done with them. */

import type { Sql } from 'postgres';
import type { PageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import type { DeadLetter, DeadLetterStatus } from '../domain/dead-letter.ts';
import {
  attemptColumns,
  attemptOf,
  type AttemptRow,
  type DeadLetterAttempt,
  deadLetterOf,
  type DeadLetterRow,
  letterColumns,
} from './dead-letter-codec.ts';
import { cursorInstant, exactInstant } from './place-in-time.ts';

/** Null or left out: no condition. */
export interface DeadLetterFilter {
  readonly status?: DeadLetterStatus | null | undefined;
  readonly reason?: string | null | undefined;
  readonly tradeId?: string | null | undefined;
  /** First refused then or later. */
  readonly fromMs?: number | null | undefined;
  /** First refused before. */
  readonly toMs?: number | null | undefined;
}

export interface ListedDeadLetter {
  readonly letter: DeadLetter;
  /** For a cursor. */
  readonly place: readonly [instant: string, id: string];
}

/** Of one dead letter, newest first: what happened last is what counts. */
export const MAX_ATTEMPTS_SHOWN = 100;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type DeadLetterReader = ReturnType<typeof createDeadLetterReader>;

export function createDeadLetterReader(sql: Sql) {
  return {
    /** Newest first; one more than asked when there is a next page. */
    async list(filter: DeadLetterFilter, page: PageRequest): Promise<readonly ListedDeadLetter[]> {
      const rows = await sql<(DeadLetterRow & { readonly place: string })[]>`
        select ${letterColumns(sql)}, ${exactInstant(sql, 'first_refused_at')} as place
        from positions.dead_letter
        where true ${conditionsOf(sql, filter)} ${placeBefore(sql, page)}
        order by first_refused_at desc, id desc limit ${page.first + 1}`;
      return rows.map((row) => ({ letter: deadLetterOf(row), place: [row.place, row.id] }));
    },

    async byId(id: string): Promise<DeadLetter | undefined> {
      if (!UUID.test(id)) return undefined;
      const [row] = await sql<DeadLetterRow[]>`
        select ${letterColumns(sql)} from positions.dead_letter where id = ${id}`;
      return row && deadLetterOf(row);
    },

    /** By dead letter; those that nobody touched are left out. */
    async attemptsOf(
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, readonly DeadLetterAttempt[]>> {
      const rows = await sql<AttemptRow[]>`
        select ${attemptColumns(sql)}
        from unnest(${[...ids]}::uuid[]) as letter (letter_id) cross join lateral (
          select * from positions.dead_letter_attempt where dead_letter_id = letter_id
          order by started_at desc, command_id desc limit ${MAX_ATTEMPTS_SHOWN}) newest
        order by started_at desc, command_id desc`;
      const attempts = new Map<string, DeadLetterAttempt[]>();
      for (const row of rows) {
        const ofLetter = attempts.get(row.dead_letter_id);
        if (ofLetter === undefined) attempts.set(row.dead_letter_id, [attemptOf(row)]);
        else ofLetter.push(attemptOf(row));
      }
      return attempts;
    },

    /** That wait for somebody, those with an attempt in hand included. */
    async countUnresolved(): Promise<number> {
      const [row] = await sql<{ unresolved: number }[]>`
        select count(*)::int as unresolved from positions.dead_letter
        where status in ('OPEN', 'IN_PROGRESS')`;
      return row?.unresolved ?? 0;
    },
  };
}

function conditionsOf(sql: Sql, filter: DeadLetterFilter) {
  const { status, reason, tradeId, fromMs, toMs } = filter;
  const isGiven = <T>(value: T | null | undefined): value is T =>
    value !== null && value !== undefined;
  return sql`
    ${isGiven(status) ? sql`and status = ${status}` : sql``}
    ${isGiven(reason) ? sql`and reason = ${reason}` : sql``}
    ${isGiven(tradeId) ? sql`and trade_id = ${tradeId}` : sql``}
    ${isGiven(fromMs) ? sql`and first_refused_at >= ${instantText(fromMs)}` : sql``}
    ${isGiven(toMs) ? sql`and first_refused_at < ${instantText(toMs)}` : sql``}`;
}

function placeBefore(sql: Sql, { after }: PageRequest) {
  if (after === undefined) return sql``;
  const [instant, id = ''] = after;
  if (!UUID.test(id)) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  return sql`and (first_refused_at, id) < (${cursorInstant(instant)}, ${id}::uuid)`;
}
