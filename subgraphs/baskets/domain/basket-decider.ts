/**
 * What a command does to a basket: facts, or the one reason for refusing. The two tables say which
 * commands are open and to whom; each command's own conditions stand beside the others of its part
 * of the life.
 */

import { accept, type Refusal, refuse } from '#kernel/decision';
import { type Basket, pendingVersion, versionInHand } from './basket.ts';
import {
  approve,
  expireApproval,
  launch,
  reject,
  requestChanges,
  revokeApproval,
  submitForApproval,
  withdrawSubmission,
} from './basket-approvals.ts';
import {
  cancelBacktest,
  completeBacktest,
  failBacktest,
  timeOutBacktest,
  triggerBacktest,
} from './basket-backtests.ts';
import { roleFault } from './basket-caller.ts';
import {
  type Asked,
  type BasketCommand,
  type CommandOf,
  eventOf,
  type LifeCycleCommand,
} from './basket-command.ts';
import { baseIndex, create, edit } from './basket-composition.ts';
import { cancelDelisting, completeDelisting, requestDelisting } from './basket-delistings.ts';
import type { BasketDecision } from './basket-decision.ts';
import { autoSuspend, resume, suspend } from './basket-halts.ts';
import {
  completeListing,
  exhaustListing,
  noteVendor,
  reportVendor,
  retryListing,
  returnToDraft,
} from './basket-listings.ts';
import {
  applyCorporateAction,
  applyRebalance,
  failRebalance,
  proposeRebalance,
  startRebalance,
} from './basket-rebalances.ts';
import {
  type Actor,
  type BasketEvent,
  openEvents,
  type Standing,
  whoMay,
} from './transition-table.ts';

/** Null is the basket that does not exist yet. */
export function decide(
  basket: Basket | null,
  command: BasketCommand,
  asked: Asked,
): BasketDecision {
  if (command.type === 'CreateBasket') return create(basket, command, asked);
  if (basket === null) return refuse('UNKNOWN_BASKET', 'no basket has this code');
  if (command.type === 'BaseIndex') return baseIndex(basket, command);
  if (command.type === 'NoteVendor') return noteVendor(basket, command);
  return (
    seenFault(basket, asked) ??
    illegal(basket, eventOf(command)) ??
    roleFault(basket, actorsOf(basket, command), asked.by) ??
    carryOut(basket, command, asked)
  );
}

export function standingOf(basket: Basket): Standing {
  return { state: basket.state, pendingStatus: pendingVersion(basket)?.status ?? null };
}

/** Somebody was faster than who asks. */
function seenFault(basket: Basket, { seenVersion, seenRevision }: Asked) {
  const { number } = versionInHand(basket);
  if (seenVersion !== null && seenVersion !== number) {
    return refuse(
      'VERSION_CONFLICT' as const,
      `expected version ${number}, the current one, was ${seenVersion}`,
    );
  }
  if (seenRevision === null || seenRevision === basket.revision) return undefined;
  return refuse(
    'VERSION_CONFLICT' as const,
    `expected revision ${basket.revision}, the current one, was ${seenRevision}`,
  );
}

function illegal(basket: Basket, event: BasketEvent): Refusal<'ILLEGAL_TRANSITION'> | undefined {
  const standing = standingOf(basket);
  if (whoMay(standing, event).length > 0) return undefined;
  const isAsked = (each: BasketEvent) => whoMay(standing, each).some((actor) => actor !== 'SYS');
  const allowed = openEvents(standing).filter(isAsked).join(', ') || 'nothing';
  return refuse(
    'ILLEGAL_TRANSITION',
    `${event} is not allowed in ${basket.state}; allowed: ${allowed}`,
  );
}

/** The actors of the row, but for commands that only one of them gives. */
function actorsOf(basket: Basket, command: LifeCycleCommand): readonly Actor[] {
  if (command.type === 'RebalanceBasket') return ['M'];
  if (command.type === 'CompleteDelisting' && command.isForced) return ['O'];
  return whoMay(standingOf(basket), eventOf(command));
}

function carryOut(
  basket: Basket,
  command: Exclude<LifeCycleCommand, { type: 'CreateBasket' }>,
  asked: Asked,
): BasketDecision {
  return isEarly(command)
    ? carryOutEarly(basket, command, asked)
    : carryOutLate(basket, command, asked);
}

/** Until a version is approved; the others are about what is on the market, or on its way there. */
const EARLY = {
  EditBasket: true,
  CancelBasket: true,
  TriggerBacktest: true,
  CompleteBacktest: true,
  FailBacktest: true,
  TimeOutBacktest: true,
  CancelBacktest: true,
  SubmitForApproval: true,
  WithdrawSubmission: true,
  ApproveBasket: true,
  RequestChanges: true,
  RejectBasket: true,
  ExpireApproval: true,
  Launch: true,
  RevokeApproval: true,
} as const;
type EarlyCommand = CommandOf<keyof typeof EARLY>;

function isEarly(command: LifeCycleCommand): command is EarlyCommand {
  return Object.hasOwn(EARLY, command.type);
}

function carryOutEarly(basket: Basket, command: EarlyCommand, asked: Asked): BasketDecision {
  switch (command.type) {
    case 'EditBasket':
      return edit(basket, command, asked);
    case 'CancelBasket':
      return accept({ type: 'BasketCancelled' });
    case 'TriggerBacktest':
      return triggerBacktest(basket, command, asked);
    case 'CompleteBacktest':
      return completeBacktest(basket, command, asked);
    case 'FailBacktest':
      return failBacktest(basket, command);
    case 'TimeOutBacktest':
      return timeOutBacktest(basket, asked);
    case 'CancelBacktest':
      return cancelBacktest(basket);
    case 'SubmitForApproval':
      return submitForApproval(basket, command, asked);
    case 'WithdrawSubmission':
      return withdrawSubmission();
    case 'ApproveBasket':
      return approve(basket, command, asked);
    case 'RequestChanges':
      return requestChanges(basket, asked);
    case 'RejectBasket':
      return reject(basket, asked);
    case 'ExpireApproval':
      return expireApproval(basket, asked);
    case 'Launch':
      return launch(basket, command, asked);
    case 'RevokeApproval':
      return revokeApproval(basket, command, asked);
  }
}

type LateCommand = Exclude<LifeCycleCommand, EarlyCommand | { type: 'CreateBasket' }>;

function carryOutLate(basket: Basket, command: LateCommand, asked: Asked): BasketDecision {
  switch (command.type) {
    case 'ReportVendor':
      return reportVendor(basket, command);
    case 'CompleteListing':
      return completeListing(basket, command, asked);
    case 'ExhaustListing':
      return exhaustListing(basket, command, asked);
    case 'RetryListing':
      return retryListing(command, asked);
    case 'ReturnToDraft':
      return returnToDraft(basket);
    case 'RebalanceBasket':
      return proposeRebalance(basket, command, asked);
    case 'StartRebalance':
      return startRebalance(basket, command, asked);
    case 'ApplyRebalance':
      return applyRebalance(basket, command);
    case 'FailRebalance':
      return failRebalance(basket, command, asked);
    case 'ApplyCorporateAction':
      return applyCorporateAction(basket, command);
    case 'RefuseCorporateAction':
      return refuse('CORPORATE_ACTION_NOT_APPLICABLE', command.why);
    case 'AutoSuspend':
      return autoSuspend(command);
    case 'Suspend':
      return suspend(asked);
    case 'Resume':
      return resume(basket, command, asked);
    case 'RequestDelisting':
      return requestDelisting(basket, command, asked);
    case 'CancelDelisting':
      return cancelDelisting(basket, asked);
    case 'CompleteDelisting':
      return completeDelisting(basket, command, asked);
  }
}
