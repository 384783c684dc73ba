/** Refused trades that are kept, and when one of them is tried again by itself. */

import type { TradeRequest } from './trade.ts';

export const DEAD_LETTER_STATUSES = [
  'OPEN',
  'IN_PROGRESS',
  'RETRIED',
  'CORRECTED',
  'DISCARDED',
] as const;

/**
 * OPEN: nobody has dealt with it. IN_PROGRESS: an attempt is in hand, or its process died with it;
 * then it is finished later, never replaced by another one. The rest is final: a trade that comes
 * in once more is counted on the dead letter and opens nothing.
 */
export type DeadLetterStatus = (typeof DEAD_LETTER_STATUSES)[number];

export const DEAD_LETTER_ACTIONS = ['RETRY', 'CORRECT', 'DISCARD'] as const;
export type DeadLetterAction = (typeof DEAD_LETTER_ACTIONS)[number];

export interface DeadLetter {
  readonly id: string;
  readonly tradeId: string;
  /** Why it was refused the last time: a TradeRefusalReason, or that it is no trade at all. */
  readonly reason: string;
  readonly message: string;
  /** Null when what came in is no trade. */
  readonly trade: TradeRequest | null;
  /** What came in, as JSON. */
  readonly payloadText: string;
  readonly source: string;
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly timesRefused: number;
  readonly firstRefusedAtMs: number;
  readonly lastRefusedAtMs: number;
  readonly status: DeadLetterStatus;
  readonly automaticRetries: number;
  readonly nextRetryAtMs: number | null;
  readonly resolvedAtMs: number | null;
  readonly resolvedBy: string | null;
  readonly resolution: string | null;
  /** Id of the trade that was counted in the end. */
  readonly countedAs: string | null;
  /** The dead letter that has the same trade with the reason of its last refusal. */
  readonly successorId: string | null;
}

/** Why a command on a dead letter is not carried out. The first that holds is the answer. */
export const DEAD_LETTER_REFUSAL_REASONS = [
  'UNKNOWN_DEAD_LETTER',
  'NO_TRADE',
  'INCOMPLETE_TRADE',
  'TRADE_ID_NOT_NEW',
  'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
  'ALREADY_RESOLVED',
  'IN_PROGRESS',
  'TRADE_REFUSED',
] as const;
export type DeadLetterRefusalReason = (typeof DEAD_LETTER_REFUSAL_REASONS)[number];

export const MAX_AUTOMATIC_RETRIES = 8;
export const FIRST_RETRY_PAUSE_MS = 15_000;
export const MAX_RETRY_PAUSE_MS = 3_600_000;
/** Either way, so that those who failed together part. */
export const RETRY_PAUSE_JITTER = 0.2;

/** An instrument or contract may be known in a moment, a fault of ours may be gone. */
const PASSING_REASONS: ReadonlySet<string> = new Set([
  'UNKNOWN_INSTRUMENT',
  'UNKNOWN_CONTRACT',
  'NOT_PROCESSED',
]);

/** Senders who got the refusal as the answer to their request. */
const ANSWERED_SOURCES: ReadonlySet<string> = new Set(['graphql']);

/**
 * Milliseconds until the next automatic retry, before jitter; null when there is none. Doubles from
 * FIRST_RETRY_PAUSE_MS: the last of eight comes about an hour after the refusal.
 *
 * A sender who was told "refused" may have sent the trade again under another id, as the rules of
 * ids allow: counting the first one later behind his back would count it twice. So only trades of
 * topics are tried again unasked; for the others somebody decides.
 */
export function retryPauseMs({
  reason,
  source,
  automaticRetries,
}: {
  readonly reason: string;
  readonly source: string;
  readonly automaticRetries: number;
}): number | null {
  if (!PASSING_REASONS.has(reason) || ANSWERED_SOURCES.has(source)) return null;
  if (automaticRetries >= MAX_AUTOMATIC_RETRIES) return null;
  return Math.min(MAX_RETRY_PAUSE_MS, FIRST_RETRY_PAUSE_MS * 2 ** automaticRetries);
}
