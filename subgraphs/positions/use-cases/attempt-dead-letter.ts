/**
 * Sends the trade of a dead letter, or a corrected one in its place, the way every trade goes.
 *
 * The attempt is written down before the trade is sent and ended after it. A process that dies in
 * between leaves it in hand; then only this same attempt is ever finished, by its command coming
 * again or by the worker. The trade counts once by its id, so finishing it twice is harmless.
 */

import { invariant, PlatformError } from '#platform/errors';
import {
  type DeadLetter,
  type DeadLetterAction,
  type DeadLetterRefusalReason,
  retryPauseMs,
} from '../domain/dead-letter.ts';
import { payloadOfTrade } from '../domain/sent-trade.ts';
import type { TradeRequest } from '../domain/trade.ts';
import type {
  DeadLetterAttempts,
  NewAttempt,
  RefusedAttempt,
} from '../store/dead-letter-attempts.ts';
import type { CountedTrade, DeadLetterAttempt } from '../store/dead-letter-codec.ts';
import type { DeadLetterReader } from '../store/dead-letter-reader.ts';
import type { PositionRepository } from '../store/positions.ts';
import { attemptTrades, type RecordTradesDeps, type TradeOrigin } from './record-trades.ts';
import type { TradeOutcome } from './trade-command.ts';

export const DEAD_LETTER_SOURCE = 'dead-letters';
/** Who ends attempts that nobody asked for; the event keeps the user of the trade. */
export const AUTOMATIC_USER = 'dead-letter-retry';
export const MAX_COMMAND_ID_LENGTH = 128;
export const MAX_REASON_LENGTH = 2_000;

export interface DeadLetterDeps extends Omit<RecordTradesDeps, 'deadLetters'> {
  readonly letters: DeadLetterReader;
  readonly letterAttempts: DeadLetterAttempts;
  readonly positions: Pick<PositionRepository, 'eventsOf'>;
}

export interface DeadLetterCommand {
  readonly deadLetterId: string;
  /** The caller's: the same one again is answered as the first time. */
  readonly commandId: string;
  readonly user: string;
  readonly correlationId: string;
}

export type DeadLetterAnswer =
  | {
      readonly ok: true;
      readonly letter: DeadLetter;
      /** Null when no trade was to be counted. */
      readonly counted: CountedTrade | null;
    }
  | RefusedCommand;

export interface RefusedCommand {
  readonly ok: false;
  readonly reason: DeadLetterRefusalReason;
  readonly message: string;
  /** Why the trade was refused once more; null when it was not sent. */
  readonly tradeReason: string | null;
  /** Null when there is none. */
  readonly letter: DeadLetter | null;
}

/** The dead letter a command names; throws BAD_USER_INPUT on a command that is none. */
export async function letterOf(
  { letters }: DeadLetterDeps,
  { deadLetterId, commandId }: DeadLetterCommand,
): Promise<{ readonly ok: true; readonly letter: DeadLetter } | RefusedCommand> {
  requireLength('commandId', commandId, MAX_COMMAND_ID_LENGTH);
  const letter = await letters.byId(deadLetterId);
  if (letter !== undefined) return { ok: true, letter };
  const message = `id: expected that of a dead letter, was ${JSON.stringify(deadLetterId)}`;
  return refusedCommand(null, 'UNKNOWN_DEAD_LETTER', message);
}

/** The reason somebody gives, fit to be kept; throws BAD_USER_INPUT without one. */
export function reasonGiven(reason: string): string {
  const given = reason.trim();
  requireLength('reason', given, MAX_REASON_LENGTH);
  return given;
}

function requireLength(field: string, { length }: string, most: number): void {
  if (length > 0 && length <= most) return;
  const message = `${field}: expected 1 to ${most} characters, were ${length}`;
  throw new PlatformError('BAD_USER_INPUT', message);
}

export interface PlannedAttempt {
  readonly commandId: string;
  readonly action: DeadLetterAction;
  /** As corrected; null: that of the dead letter, or none. */
  readonly trade: TradeRequest | null;
  readonly comment: string | null;
  readonly user: string;
  readonly correlationId: string;
}

export async function attemptDeadLetter(
  deps: DeadLetterDeps,
  letter: DeadLetter,
  planned: PlannedAttempt,
): Promise<DeadLetterAnswer> {
  const { letters, letterAttempts } = deps;
  const asked = newAttempt(deps, letter, planned);
  await letterAttempts.begin(asked);
  const begun = await letterAttempts.byCommand(asked.commandId);
  if (begun === undefined) return notOpen(letter, await letters.byId(letter.id));
  if (begun.requestHash !== asked.requestHash) {
    const message = `commandId: expected a new one, ${planned.commandId} was another command`;
    return refusedCommand(letter, 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT', message);
  }
  if (begun.end === null) await finishAttempt(deps, letter, begun);
  const [after, ended] = await Promise.all([
    letters.byId(letter.id),
    letterAttempts.byCommand(asked.commandId),
  ]);
  invariant(after, `dead letter ${letter.id} is kept`);
  return answerOf(after, ended);
}

/** Resolves when the end of the attempt is noted; rejects when nobody knows it yet. */
export async function finishAttempt(
  deps: DeadLetterDeps,
  letter: DeadLetter,
  attempt: DeadLetterAttempt,
): Promise<void> {
  const request = attempt.trade ?? letter.trade;
  invariant(request, `dead letter ${letter.id} has a trade to send`);
  const wasAutomatic = attempt.user === AUTOMATIC_USER;
  const origin: TradeOrigin = {
    source: DEAD_LETTER_SOURCE,
    user: wasAutomatic ? letter.user : attempt.user,
    correlationId: letter.correlationId,
    causationId: causeOf(letter),
  };
  const [outcome] = await attemptTrades(deps, [{ request, origin }]);
  invariant(outcome, 'a trade that was sent has an outcome');
  if (outcome.type === 'RECORDED') {
    const { tradeId, key, eventVersion } = outcome;
    if (attempt.action === 'CORRECT' && !(await isOfLetter(deps, letter, outcome))) {
      return deps.letterAttempts.endRefused(attempt, idNotNew(outcome));
    }
    const counted = { tradeId, positionKey: key.text, eventVersion };
    return deps.letterAttempts.endCounted(attempt, counted);
  }
  const { reason, message } = outcome;
  // Shed under load is no judgement on the trade: the attempt stays in hand and is finished later.
  if (reason === 'OVERLOADED') throw new PlatformError('RATE_LIMITED', message);
  const { source } = letter;
  const automaticRetries = letter.automaticRetries + (wasAutomatic ? 1 : 0);
  return deps.letterAttempts.endRefused(attempt, {
    reason,
    message,
    isSameTrade: attempt.action === 'RETRY',
    wasAutomatic,
    pauseMs: retryPauseMs({ reason, source, automaticRetries }),
  });
}

function causeOf({ id }: DeadLetter): string {
  return `dead-letter:${id}`;
}

type RecordedOutcome = Extract<TradeOutcome, { type: 'RECORDED' }>;

/**
 * False when the id of the corrected trade is that of another trade, which only happens to say the
 * same. A trade of this dead letter is found when the process of its attempt died.
 */
async function isOfLetter(
  { positions }: DeadLetterDeps,
  letter: DeadLetter,
  { key, eventVersion, position }: RecordedOutcome,
): Promise<boolean> {
  if (position !== null) return true;
  const [recorded] = await positions.eventsOf([{ key, version: eventVersion }]);
  return recorded?.causationId === causeOf(letter);
}

const ID_NOT_NEW = 'TRADE_ID_NOT_NEW' satisfies DeadLetterRefusalReason;

function idNotNew({ tradeId, key, eventVersion }: RecordedOutcome): RefusedAttempt {
  return {
    reason: ID_NOT_NEW,
    message:
      'newTradeId: expected one that no trade has, was that of event ' +
      `${eventVersion} of ${key.text}, ${tradeId}`,
    isSameTrade: false,
    wasAutomatic: false,
    pauseMs: null,
  };
}

function newAttempt(
  { fingerprint }: DeadLetterDeps,
  letter: DeadLetter,
  { commandId, trade, ...planned }: PlannedAttempt,
): NewAttempt {
  const payload = trade && payloadOfTrade(trade);
  const content = JSON.stringify([planned.action, payload, planned.comment]);
  return {
    ...planned,
    // Two dead letters may see one id of a caller: it is unique to each of them.
    commandId: `${letter.id} ${planned.user === AUTOMATIC_USER ? 'automatic' : 'by'} ${commandId}`,
    deadLetterId: letter.id,
    payload,
    requestHash: fingerprint(content).text,
  };
}

function notOpen(before: DeadLetter, now: DeadLetter | undefined): RefusedCommand {
  const letter = now ?? before;
  if (letter.status === 'IN_PROGRESS' || letter.status === 'OPEN') {
    const message = 'another attempt is in hand: ask again when it has ended';
    return refusedCommand(letter, 'IN_PROGRESS', message);
  }
  const message = `expected an open dead letter, was ${letter.status} by ${letter.resolvedBy}`;
  return refusedCommand(letter, 'ALREADY_RESOLVED', message);
}

function answerOf(letter: DeadLetter, attempt: DeadLetterAttempt | undefined): DeadLetterAnswer {
  const end = attempt?.end;
  invariant(end, 'an attempt that was finished has an end');
  switch (end.type) {
    case 'COUNTED':
      return { ok: true, letter, counted: end.trade };
    case 'DISCARDED':
      return { ok: true, letter, counted: null };
    case 'REFUSED': {
      const { reason, message } = end;
      if (reason === ID_NOT_NEW) return refusedCommand(letter, reason, message);
      return { ...refusedCommand(letter, 'TRADE_REFUSED', message), tradeReason: reason };
    }
  }
}

export function refusedCommand(
  letter: DeadLetter | null,
  reason: DeadLetterRefusalReason,
  message: string,
): RefusedCommand {
  return { ok: false, reason, message, tradeReason: null, letter };
}
