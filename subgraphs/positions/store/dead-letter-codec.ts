/** Rows of dead letters and of the attempts to deal with them. */

import type { Fragment, Sql } from 'postgres';
import { invariant } from '#platform/errors';
import { instantOf } from '#platform/instant-column';
import {
  DEAD_LETTER_ACTIONS,
  DEAD_LETTER_STATUSES,
  type DeadLetter,
  type DeadLetterAction,
} from '../domain/dead-letter.ts';
import { tradeOfPayload } from '../domain/sent-trade.ts';
import type { TradeRequest } from '../domain/trade.ts';

/** What somebody, or the platform by itself, did with a dead letter. */
export interface DeadLetterAttempt {
  readonly commandId: string;
  readonly deadLetterId: string;
  readonly action: DeadLetterAction;
  /** Of the command's content: tells the same one again from another one. */
  readonly requestHash: string;
  /** As corrected; null for the other actions. */
  readonly trade: TradeRequest | null;
  /** The reason given. */
  readonly comment: string | null;
  readonly user: string;
  readonly correlationId: string;
  readonly startedAtMs: number;
  /** Null while nobody knows what came of it. */
  readonly end: AttemptEnd | null;
}

export type AttemptEnd =
  | { readonly type: 'COUNTED'; readonly endedAtMs: number; readonly trade: CountedTrade }
  | {
      readonly type: 'REFUSED';
      readonly endedAtMs: number;
      readonly reason: string;
      readonly message: string;
    }
  | { readonly type: 'DISCARDED'; readonly endedAtMs: number };

/** The event that counts a trade. */
export interface CountedTrade {
  readonly tradeId: string;
  readonly positionKey: string;
  readonly eventVersion: number;
}

export interface DeadLetterRow {
  readonly id: string;
  readonly trade_id: string;
  readonly reason: string;
  readonly message: string;
  readonly payload: unknown;
  readonly source: string;
  readonly user_id: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly times_refused: number;
  readonly first_refused_at: string;
  readonly last_refused_at: string;
  readonly status: string;
  readonly attempts: number;
  readonly next_attempt_at: string | null;
  readonly resolved_at: string | null;
  readonly resolved_by: string | null;
  readonly resolution: string | null;
  readonly retried_as: string | null;
  readonly successor_id: string | null;
}

export interface AttemptRow {
  readonly command_id: string;
  readonly dead_letter_id: string;
  readonly action: string;
  readonly request_hash: string;
  readonly payload: unknown;
  readonly comment: string | null;
  readonly user_id: string;
  readonly correlation_id: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly trade_id: string | null;
  readonly position_key: string | null;
  readonly event_ver: number | null;
}

export function letterColumns(sql: Sql): Fragment {
  return sql`id, trade_id, reason, message, payload, source, user_id, correlation_id, causation_id,
    times_refused, first_refused_at::text, last_refused_at::text, status, attempts,
    next_attempt_at::text, resolved_at::text, resolved_by, resolution, retried_as, successor_id`;
}

export function attemptColumns(sql: Sql): Fragment {
  return sql`command_id, dead_letter_id, action, request_hash, payload, comment, user_id,
    correlation_id, started_at::text, ended_at::text, outcome, reason, message, trade_id,
    position_key, event_ver`;
}

export function deadLetterOf(row: DeadLetterRow): DeadLetter {
  const status = DEAD_LETTER_STATUSES.find((each) => each === row.status);
  invariant(status, `stored status ${row.status} is known`);
  return {
    id: row.id,
    tradeId: row.trade_id,
    reason: row.reason,
    message: row.message,
    trade: tradeOfPayload(row.payload) ?? null,
    payloadText: JSON.stringify(row.payload),
    source: row.source,
    user: row.user_id,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    timesRefused: row.times_refused,
    firstRefusedAtMs: instantOf(row.first_refused_at),
    lastRefusedAtMs: instantOf(row.last_refused_at),
    status,
    automaticRetries: row.attempts,
    nextRetryAtMs: instantOrNull(row.next_attempt_at),
    resolvedAtMs: instantOrNull(row.resolved_at),
    resolvedBy: row.resolved_by,
    resolution: row.resolution,
    countedAs: row.retried_as,
    successorId: row.successor_id,
  };
}

export function attemptOf(row: AttemptRow): DeadLetterAttempt {
  const action = DEAD_LETTER_ACTIONS.find((each) => each === row.action);
  invariant(action, `stored action ${row.action} is known`);
  return {
    commandId: row.command_id,
    deadLetterId: row.dead_letter_id,
    action,
    requestHash: row.request_hash,
    trade: tradeOfPayload(row.payload) ?? null,
    comment: row.comment,
    user: row.user_id,
    correlationId: row.correlation_id,
    startedAtMs: instantOf(row.started_at),
    end: endOf(row),
  };
}

function endOf(row: AttemptRow): AttemptEnd | null {
  if (row.ended_at === null) return null;
  const endedAtMs = instantOf(row.ended_at);
  const { reason, trade_id: tradeId, position_key: positionKey, event_ver: eventVersion } = row;
  if (row.outcome === 'DISCARDED') return { type: 'DISCARDED', endedAtMs };
  if (row.outcome === 'REFUSED') {
    invariant(reason !== null, `refused attempt ${row.command_id} has its reason`);
    return { type: 'REFUSED', endedAtMs, reason, message: row.message ?? reason };
  }
  invariant(
    row.outcome === 'COUNTED' && tradeId !== null && positionKey !== null && eventVersion !== null,
    `attempt ${row.command_id} has an outcome that is known`,
  );
  return { type: 'COUNTED', endedAtMs, trade: { tradeId, positionKey, eventVersion } };
}

function instantOrNull(text: string | null): number | null {
  return text === null ? null : instantOf(text);
}
