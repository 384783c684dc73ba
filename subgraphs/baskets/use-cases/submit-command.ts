/** The way of every command on a basket: once per command id, alone on its basket, audited. */

import type { Clock } from '#platform/clock';
import { type Basket, currentVersion, pendingVersion } from '../domain/basket.ts';
import { type Caller, isSystem, SYSTEM } from '../domain/basket-caller.ts';
import { type Asked, eventOf, type LifeCycleCommand } from '../domain/basket-command.ts';
import { decide } from '../domain/basket-decider.ts';
import type { BasketFact } from '../domain/basket-fact.ts';
import type { BasketRefusalReason } from '../domain/refusal-reason.ts';
import { type BasketEvent, EVENTS_OF_PENDING_VERSION } from '../domain/transition-table.ts';
import type { AnsweredCommand, BasketRepository, BasketTurn } from '../store/baskets.ts';

/** Who asks, what they saw, and how a repetition is recognised. */
export interface CommandRequest {
  readonly caller: Caller;
  readonly correlationId: string;
  /** Null: the request is not recognised when it comes again. */
  readonly commandId: string | null;
  readonly comment: string | null;
  /** Null when the caller does not say. */
  readonly seenVersion: number | null;
  readonly seenRevision: number | null;
}

/** A request of the platform itself. */
export function systemRequest(correlationId: string, comment: string | null): CommandRequest {
  return {
    caller: SYSTEM,
    correlationId,
    commandId: null,
    comment,
    seenVersion: null,
    seenRevision: null,
  };
}

export interface Submission {
  readonly request: CommandRequest;
  readonly code: string;
  /** What a repetition under the same command id must agree on, besides what the request says. */
  readonly content: string;
  readonly command: LifeCycleCommand;
}

export type CommandOutcome =
  | {
      readonly ok: true;
      readonly basketId: string;
      /** Row of the audit trail; null when nothing was left to do. */
      readonly transitionNumber: number | null;
    }
  | {
      readonly ok: false;
      readonly basketId: string | null;
      readonly reason: BasketRefusalReason;
      readonly message: string;
    };

export interface SubmitDeps {
  readonly baskets: Pick<BasketRepository, 'inTransaction'>;
  readonly clock: Clock;
  readonly hash: (text: string) => string;
}

/** What commands of the platform need: they have no request to take an id from. */
export interface SystemDeps extends SubmitDeps {
  readonly newId: () => string;
}

export async function submitCommand(
  { baskets, clock, hash }: SubmitDeps,
  submission: Submission,
): Promise<CommandOutcome> {
  const { request, code, command } = submission;
  const { caller, commandId, seenVersion, seenRevision } = request;
  const seen = [caller.onBehalfOf, seenVersion, seenRevision];
  const contentHash = hash(JSON.stringify([eventOf(command), code, submission.content, seen]));
  return baskets.inTransaction(async (tx) => {
    const atMs = clock.nowMs();
    const claim =
      commandId === null
        ? undefined
        : await tx.claim(caller.actor, commandId, { contentHash, atMs });
    if (claim?.earlier) return answerAgain(claim.earlier, contentHash);
    const turn = await tx.turn(code);
    const { outcome, transitionNumber } = await carryOut(turn, submission, atMs);
    await claim?.answer({
      contentHash,
      basketId: outcome.basketId,
      transitionNumber,
      refusal: outcome.ok ? null : { reason: outcome.reason, message: outcome.message },
    });
    return outcome;
  });
}

function answerAgain(earlier: AnsweredCommand, contentHash: string): CommandOutcome {
  if (earlier.contentHash !== contentHash) {
    return {
      ok: false,
      // That of the other command is none of this one's.
      basketId: null,
      reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
      message: 'this command id was used for another command; use a new one',
    };
  }
  const { basketId, refusal, transitionNumber } = earlier;
  if (refusal) return { ok: false, basketId, ...refusal };
  if (basketId === null) throw new Error('an accepted command has a basket');
  return { ok: true, basketId, transitionNumber };
}

/** Decides, and writes facts and audit rows; the caller holds the basket. */
export async function carryOut(
  turn: BasketTurn,
  { request, command }: Pick<Submission, 'request' | 'command'>,
  atMs: number,
): Promise<{ readonly outcome: CommandOutcome; readonly transitionNumber: number | null }> {
  const { caller, commandId, correlationId, comment, seenVersion, seenRevision } = request;
  const asked: Asked = { by: caller, atMs, comment, seenVersion, seenRevision };
  const event = eventOf(command);
  const from = turn.basket;
  const decision = decide(from, command, asked);
  if (decision.ok) {
    const { actor, roles: actorRoles } = caller;
    if (from && decision.events.length === 0) {
      const outcome = { ok: true as const, basketId: from.id, transitionNumber: null };
      return { outcome, transitionNumber: null };
    }
    const meta = { actor, actorRoles, commandId, correlationId, atMs };
    const basket = await turn.append(decision.events, meta);
    const about = { request, from, refusal: null, atMs };
    const transitionNumber = await audit(turn, basket, { ...about, event });
    for (const implied of impliedEvents(decision.events, event)) {
      await audit(turn, basket, { ...about, from: basket, event: implied });
    }
    const outcome = { ok: true as const, basketId: basket.id, transitionNumber };
    return { outcome, transitionNumber };
  }
  const { reason, message = '' } = decision;
  const isWorthARow = !isSystem(caller) || !NOT_YET.has(reason);
  const transitionNumber =
    from && isWorthARow
      ? await audit(turn, from, { request, event, from, refusal: reason, atMs })
      : null;
  const outcome = { ok: false as const, basketId: from?.id ?? null, reason, message };
  return { outcome, transitionNumber };
}

/** The platform asks again until these are over; a row for each time would bury the others. */
const NOT_YET: ReadonlySet<BasketRefusalReason> = new Set<BasketRefusalReason>([
  'NOT_DUE',
  'QUORUM_NOT_REACHED',
  'NO_VALUATION',
  'CLOSES_MISSING',
  'VENDORS_NOT_DONE',
]);

/** The approval of a live basket's version schedules it by itself: row 24 leaves its own trace. */
function impliedEvents(facts: readonly BasketFact[], asked: BasketEvent): readonly BasketEvent[] {
  const isScheduled = facts.some(({ type }) => type === 'RebalanceScheduled');
  return isScheduled && asked !== 'SCHEDULE_REBALANCE' ? ['SCHEDULE_REBALANCE'] : [];
}

function audit(
  turn: BasketTurn,
  basket: Basket,
  about: {
    readonly request: CommandRequest;
    readonly event: BasketEvent;
    readonly from: Basket | null;
    readonly refusal: BasketRefusalReason | null;
    readonly atMs: number;
  },
): Promise<number> {
  const { request, event, from, refusal, atMs } = about;
  const { caller, comment, commandId, correlationId } = request;
  const version = versionAbout(event, from, basket);
  return turn.audit(basket, {
    event,
    from: from?.state ?? null,
    to: basket.state,
    versionNumber: version.number,
    versionHash: version.hash,
    actor: caller.actor,
    actorRoles: caller.roles,
    onBehalfOf: caller.onBehalfOf,
    comment,
    refusal,
    commandId,
    correlationId,
    recordedAtMs: atMs,
  });
}

const ABOUT_PENDING: ReadonlySet<BasketEvent> = new Set<BasketEvent>([
  ...(Object.keys(EVENTS_OF_PENDING_VERSION) as (keyof typeof EVENTS_OF_PENDING_VERSION)[]),
  'SCHEDULE_REBALANCE',
  'START_REBALANCE',
  'REBALANCE_FAILED',
]);

/** Of a live basket with a version on its way, some events are about that one. */
function versionAbout(event: BasketEvent, from: Basket | null, basket: Basket) {
  if (!ABOUT_PENDING.has(event)) return currentVersion(basket);
  return pendingVersion(basket) ?? (from && pendingVersion(from)) ?? currentVersion(basket);
}
