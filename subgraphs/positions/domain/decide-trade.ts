/** What a new trade does to a position, by the day from which it counts. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { accept, type Decision, refuse, type Refusal } from '#kernel/decision';
import { methodOn } from './contract-terms.ts';
import {
  allocated,
  count,
  countTradeEvent,
  type Draft,
  finish,
  startDraft,
} from './decision-draft.ts';
import { MAX_PENDING_FORWARD, type Position } from './position.ts';
import type { ApplyTrade, RollForward } from './position-command.ts';
import type { LotEffects, PositionEvent } from './position-event.ts';
import { signedQuantity } from './trade-allocation.ts';
import { classifyTrade } from './trade-classification.ts';
import type { TradeRefusalReason } from './trade-refusal.ts';

/** Reasons are checked in the order of TRADE_REFUSAL_REASONS. */
export function applyTrade(
  position: Position,
  command: ApplyTrade,
): Decision<PositionEvent, TradeRefusalReason> {
  const { trade, today } = command;
  const draft = startDraft(position, today);
  const latestInLots = draft.position.lastEffectiveDate;
  const { effectiveDate } = trade;
  const classification = classifyTrade({ effectiveDate, latestInLots, today });
  if (classification === 'FORWARD_DATED') return book(draft, command);

  takeMethodInForce(draft, command);
  const { effects, electionFault } = allocated(draft, trade, trade.tradeId);
  const oversell = oversold(draft.position, command);
  if (classification === 'CURRENT_DATED' && oversell !== undefined) return oversell;
  if (electionFault !== null) return electionFault;
  countApplied(draft, command, effects);
  return finish(draft);
}

/** Nothing but the bookings that are due; no event when none is. */
export function rollForward(
  position: Position,
  { today }: RollForward,
): Decision<PositionEvent, never> {
  return accept(...startDraft(position, today).events);
}

function book(
  draft: Draft,
  { trade, terms, uti, calendar }: ApplyTrade,
): Decision<PositionEvent, TradeRefusalReason> {
  if (draft.position.pendingForward.length >= MAX_PENDING_FORWARD) {
    return refuse(
      'TOO_MANY_BOOKINGS',
      `bookings for a later day: expected at most ${MAX_PENDING_FORWARD} in one position`,
    );
  }
  const askedDate = trade.effectiveDate;
  const effectiveDate = calendar.onOrAfter(askedDate);
  count(draft, {
    type: 'FORWARD_TRADE_BOOKED',
    trade: { ...trade, effectiveDate },
    classification: 'FORWARD_DATED',
    askedDate,
    reliefMethod: methodOn(terms, effectiveDate).method,
    uti,
    hasWashSales: terms.hasWashSales,
  });
  return finish(draft);
}

/**
 * The method of the contract on the newest day that is, or now comes, into the lots. A position
 * that has another one changes it from there on; a first event just records it.
 */
function takeMethodInForce(draft: Draft, { trade, terms }: ApplyTrade): void {
  const { version, reliefMethod, lastEffectiveDate } = draft.position;
  const newest = later(lastEffectiveDate, trade.effectiveDate);
  const { method, from } = methodOn(terms, newest);
  if (method === reliefMethod) return;
  if (version === 0) {
    draft.position = { ...draft.position, reliefMethod: method };
    return;
  }
  count(draft, {
    type: 'LOT_METHOD_CHANGED',
    contractId: trade.key.contractId,
    method,
    effectiveDate: later(lastEffectiveDate, from),
    late: null,
  });
}

function later(a: BusinessDate | null, b: BusinessDate): BusinessDate {
  return a === null || b > a ? b : a;
}

function oversold(
  { quantity: open }: Position,
  { trade, terms }: ApplyTrade,
): Refusal<TradeRefusalReason> | undefined {
  const left = open + signedQuantity(trade);
  if (!terms.isLongOnly || trade.side === 'BUY' || left >= 0n) return undefined;
  return refuse(
    'OVERSELL',
    `quantity: expected at most the ${formatDecimal(open < 0n ? 0n : open)} units held, ` +
      `as the contract is long-only, was ${formatDecimal(trade.quantity)}`,
  );
}

function countApplied(draft: Draft, command: ApplyTrade, effects: LotEffects): void {
  const { trade, today, terms, uti } = command;
  const tipDate = draft.position.lastEffectiveDate;
  if (tipDate === null || trade.effectiveDate >= tipDate) {
    countTradeEvent(draft, {
      type: 'TRADE_APPLIED',
      trade,
      classification: 'CURRENT_DATED',
      ...effects,
      uti,
      hasWashSales: terms.hasWashSales,
    });
    return;
  }
  countTradeEvent(draft, {
    type: 'PROVISIONAL_TRADE_APPLIED',
    trade,
    classification: 'BACKDATED',
    ...effects,
    // Its contract is generated after the correction, when the position is known to be open.
    uti: null,
    hasWashSales: terms.hasWashSales,
    late: { tipDate, bookedOn: today },
  });
}
