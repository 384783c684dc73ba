/** The way of every command on a basket: once per command id, alone on its basket, audited. */

import type { Clock } from '#platform/clock';
import { type Basket, type BasketCommand, currentVersion, decide } from '../domain/basket.ts';
import type { BasketRefusalReason } from '../domain/refusal-reason.ts';
import type { BasketEvent } from '../domain/transition-table.ts';
import type { AnsweredCommand, BasketRepository, BasketTurn } from '../store/baskets.ts';

/** Who asks, and how a repetition is recognised. */
export interface CommandRequest {
  readonly actor: string;
  readonly actorRoles: readonly string[];
  readonly correlationId: string;
  /** Null: the request is not recognised when it comes again. */
  readonly commandId: string | null;
  readonly comment: string | null;
}

export interface Submission {
  readonly request: CommandRequest;
  readonly code: string;
  readonly event: BasketEvent;
  /** What a repetition under the same command id must agree on. */
  readonly content: string;
  readonly command: BasketCommand;
}

export type CommandOutcome =
  | { readonly ok: true; readonly basketId: string; readonly transitionNumber: number }
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

export async function submitCommand(
  { baskets, clock, hash }: SubmitDeps,
  submission: Submission,
): Promise<CommandOutcome> {
  const { request, code } = submission;
  const { actor, commandId } = request;
  const contentHash = hash(JSON.stringify([submission.event, code, submission.content]));
  return baskets.inTransaction(async (tx) => {
    const atMs = clock.nowMs();
    const claim =
      commandId === null ? undefined : await tx.claim(actor, commandId, { contentHash, atMs });
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
  const { basketId, refusal, transitionNumber } = earlier;
  if (earlier.contentHash !== contentHash) {
    return {
      ok: false,
      basketId,
      reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
      message: 'this command id was used for another command; use a new one',
    };
  }
  if (refusal) return { ok: false, basketId, ...refusal };
  if (basketId === null || transitionNumber === null) {
    throw new Error('an accepted command has a basket and a transition');
  }
  return { ok: true, basketId, transitionNumber };
}

async function carryOut(turn: BasketTurn, { request, event, command }: Submission, atMs: number) {
  const { actor, commandId, correlationId } = request;
  const decision = decide(turn.basket, command);
  if (decision.ok) {
    const meta = { actor, commandId, correlationId, atMs };
    const basket = await turn.append(decision.events, meta);
    const transitionNumber = await audit(turn, basket, {
      request,
      event,
      from: turn.basket,
      refusal: null,
      atMs,
    });
    const outcome: CommandOutcome = { ok: true, basketId: basket.id, transitionNumber };
    return { outcome, transitionNumber };
  }
  const { reason, message = '' } = decision;
  const from = turn.basket;
  const transitionNumber = from
    ? await audit(turn, from, { request, event, from, refusal: reason, atMs })
    : null;
  const outcome: CommandOutcome = { ok: false, basketId: from?.id ?? null, reason, message };
  return { outcome, transitionNumber };
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
  const version = currentVersion(basket);
  return turn.audit(basket, {
    event,
    from: from?.state ?? null,
    to: basket.state,
    versionNumber: version.number,
    versionHash: version.hash,
    actor: request.actor,
    actorRoles: request.actorRoles,
    onBehalfOf: null,
    comment: request.comment,
    refusal,
    commandId: request.commandId,
    correlationId: request.correlationId,
    recordedAtMs: atMs,
  });
}
