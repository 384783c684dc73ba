/**
 * Attempts to deal with dead letters. Claiming one, and noting its end, are one statement each:
 * what was begun is never forgotten, and only one attempt is in hand per dead letter.
 */

import type { Sql } from 'postgres';
import type { DeadLetterAction } from '../domain/dead-letter.ts';
import type { SentTradePayload } from '../domain/sent-trade.ts';
import {
  attemptColumns,
  attemptOf,
  type AttemptRow,
  type CountedTrade,
  type DeadLetterAttempt,
} from './dead-letter-codec.ts';
import { inAbout, readable } from './dead-letters.ts';

export interface NewAttempt {
  readonly commandId: string;
  readonly deadLetterId: string;
  readonly action: DeadLetterAction;
  readonly requestHash: string;
  /** The corrected trade. */
  readonly payload: SentTradePayload | null;
  readonly comment: string | null;
  readonly user: string;
  readonly correlationId: string;
}

export interface RefusedAttempt {
  readonly reason: string;
  readonly message: string;
  /** True when the trade of the dead letter itself was refused, and not a corrected one. */
  readonly isSameTrade: boolean;
  readonly wasAutomatic: boolean;
  /** Until the next automatic retry; null for none. */
  readonly pauseMs: number | null;
}

export interface DueDeadLetter {
  readonly id: string;
  /** Made so far: the next one has this number plus one, whoever makes it. */
  readonly automaticRetries: number;
}

export type DeadLetterAttempts = ReturnType<typeof createDeadLetterAttempts>;

export function createDeadLetterAttempts(sql: Sql) {
  return {
    async byCommand(commandId: string): Promise<DeadLetterAttempt | undefined> {
      const [row] = await sql<AttemptRow[]>`
        select ${attemptColumns(sql)} from positions.dead_letter_attempt
        where command_id = ${commandId}`;
      return row && attemptOf(row);
    },

    /**
     * Claims the dead letter for the attempt, or resolves it at once when the attempt is to discard
     * it. Nothing when it is not open, or the command id was used before.
     */
    begin: (attempt: NewAttempt): Promise<void> => begin(sql, attempt),

    /** The trade is counted; nothing when the end of the attempt is known already. */
    endCounted: (attempt: DeadLetterAttempt, counted: CountedTrade): Promise<void> =>
      endCounted(sql, attempt, counted),

    /**
     * Opens the dead letter again, with the newest reason. When the same trade has a dead letter
     * with that reason already, it goes on there.
     */
    endRefused: (attempt: DeadLetterAttempt, refused: RefusedAttempt): Promise<void> =>
      endRefused(sql, attempt, refused),

    /** Dead letters to be tried again now, the longest due first. */
    async due(limit: number): Promise<readonly DueDeadLetter[]> {
      return sql<DueDeadLetter[]>`
        select id, attempts as "automaticRetries" from positions.dead_letter
        where next_attempt_at <= clock_timestamp() and status = 'OPEN'
        order by next_attempt_at limit ${limit}`;
    },

    /**
     * Attempts that nobody has ended for so long, taken over for as long again: their process died
     * or could not reach the database.
     */
    async takeOverAbandoned({ afterMs, limit }: Abandoned): Promise<readonly DeadLetterAttempt[]> {
      const rows = await sql<AttemptRow[]>`
        with taken as (
          update positions.dead_letter set claimed_at = clock_timestamp()
          where id in (
            select id from positions.dead_letter
            where status = 'IN_PROGRESS'
              and claimed_at < clock_timestamp() - ${afterMs}::int * interval '1 millisecond'
            order by claimed_at limit ${limit} for update skip locked)
          returning claimed_by
        )
        select ${attemptColumns(sql)} from positions.dead_letter_attempt
        where command_id in (select claimed_by from taken)`;
      return rows.map(attemptOf);
    },
  };
}

interface Abandoned {
  readonly afterMs: number;
  readonly limit: number;
}

async function begin(sql: Sql, attempt: NewAttempt): Promise<void> {
  const { commandId, action, requestHash, payload, comment, user, correlationId } = attempt;
  const isOver = action === 'DISCARD';
  const endedAt = isOver ? sql`clock_timestamp()` : sql`null::timestamptz`;
  const change = isOver
    ? sql`status = 'DISCARDED', resolved_at = clock_timestamp(), resolved_by = ${user},
        resolution = ${comment}, next_attempt_at = null`
    : sql`status = 'IN_PROGRESS', claimed_by = ${commandId}, claimed_at = clock_timestamp()`;
  // Locked: whoever comes at the same time waits, and sees what this statement made of it.
  await sql`
    with letter as (
      select id from positions.dead_letter
      where id = ${attempt.deadLetterId} and status = 'OPEN' for update
    ), begun as (
      insert into positions.dead_letter_attempt
        (command_id, dead_letter_id, action, request_hash, payload, comment, user_id,
          correlation_id, ended_at, outcome)
      select ${commandId}, id, ${action}, ${requestHash},
        ${payload && JSON.stringify(payload)}::text::jsonb, ${comment}, ${user}, ${correlationId},
        ${endedAt}, ${isOver ? 'DISCARDED' : null}
      from letter on conflict (command_id) do nothing
      returning dead_letter_id
    )
    update positions.dead_letter set ${change} from begun where id = dead_letter_id`;
}

async function endCounted(
  sql: Sql,
  attempt: DeadLetterAttempt,
  counted: CountedTrade,
): Promise<void> {
  const status = attempt.action === 'CORRECT' ? 'CORRECTED' : 'RETRIED';
  await sql`
    with ended as (
      update positions.dead_letter_attempt
      set ended_at = clock_timestamp(), outcome = 'COUNTED', trade_id = ${counted.tradeId},
        position_key = ${counted.positionKey}, event_ver = ${counted.eventVersion}
      where command_id = ${attempt.commandId} and ended_at is null
      returning dead_letter_id, command_id
    )
    update positions.dead_letter
    set status = ${status}, retried_as = ${counted.tradeId}, resolved_at = clock_timestamp(),
      resolved_by = ${attempt.user}, resolution = ${attempt.comment}, claimed_by = null,
      claimed_at = null, next_attempt_at = null
    from ended where id = dead_letter_id and claimed_by = command_id`;
}

async function endRefused(
  sql: Sql,
  { commandId }: DeadLetterAttempt,
  refused: RefusedAttempt,
): Promise<void> {
  const { reason, isSameTrade, wasAutomatic, pauseMs } = refused;
  const message = readable(refused.message);
  await sql`
    with ended as (
      update positions.dead_letter_attempt
      set ended_at = clock_timestamp(), outcome = 'REFUSED', reason = ${reason},
        message = ${message}
      where command_id = ${commandId} and ended_at is null
      returning dead_letter_id, command_id, user_id
    ), twin as (
      select other.id from ended join positions.dead_letter own on own.id = dead_letter_id
        join positions.dead_letter other on other.request_hash = own.request_hash
      where other.reason = ${reason} and other.id <> own.id and ${isSameTrade}::bool
    ), found as (
      select dead_letter_id, command_id, user_id, (select id from twin) as twin_id from ended
    )
    update positions.dead_letter as letter set
      claimed_by = null, claimed_at = null,
      status = case when twin_id is null then 'OPEN' else 'RETRIED' end,
      successor_id = twin_id,
      resolved_at = case when twin_id is null then null else clock_timestamp() end,
      resolved_by = case when twin_id is null then null else found.user_id end,
      reason = case when twin_id is null and ${isSameTrade}::bool then ${reason}
        else letter.reason end,
      message = case when twin_id is null and ${isSameTrade}::bool then ${message}
        else letter.message end,
      times_refused = letter.times_refused + ${isSameTrade}::bool::int,
      last_refused_at = case when ${isSameTrade}::bool then clock_timestamp()
        else letter.last_refused_at end,
      attempts = letter.attempts + ${wasAutomatic}::bool::int,
      next_attempt_at = case when twin_id is not null then null
        when ${isSameTrade}::bool then ${inAbout(sql, sql`${pauseMs}::int`)}
        else letter.next_attempt_at end
    from found where letter.id = dead_letter_id and letter.claimed_by = command_id`;
}
