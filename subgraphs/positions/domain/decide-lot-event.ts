/** What happens to lots without a trade: resets, corporate actions, method changes, transfers. */

import type { BusinessDate } from '#kernel/business-date';
import { accept, type Decision, refuse, type Refusal } from '#kernel/decision';
import { amount } from '#kernel/money';
import { methodOn } from './contract-terms.ts';
import { corporateActionProblem } from './corporate-action.ts';
import { applyCorporateAction } from './corporate-action-effect.ts';
import { count, type Draft, finish, latenessFor, startDraft } from './decision-draft.ts';
import type { LotEventRefusalReason } from './lot-event-refusal.ts';
import type { Position } from './position.ts';
import type {
  ApplyCorporateAction,
  ChangeMethod,
  ReceiveLots,
  ReplaceReceivedLots,
  ResetPrice,
} from './position-command.ts';
import type { PositionEvent, ReceivedLot } from './position-event.ts';
import { countReceived, openLedger } from './lot-ledger.ts';
import { resetLots } from './price-reset.ts';

type LotDecision = Decision<PositionEvent, LotEventRefusalReason>;

/** Reasons are checked in the order of LOT_EVENT_REFUSAL_REASONS, by all four. */
export function resetPrice(position: Position, command: ResetPrice): LotDecision {
  const { resetId, resetPrice: to, effectiveDate, today } = command;
  const draft = startDraft(position, today);
  const fault = inFuture(effectiveDate, today) ?? nothingOpen(draft, effectiveDate);
  if (fault !== undefined) return fault;
  const { perLot, settlement } = resetLots(draft.position.lots, to);
  count(draft, {
    type: 'PRICE_RESET',
    resetId,
    resetPrice: to,
    effectiveDate,
    perLot,
    settlement,
    late: latenessFor(draft.position, { effectiveDate, today }),
  });
  return finish(draft);
}

export function actOnLots(
  position: Position,
  { action, today }: ApplyCorporateAction,
): LotDecision {
  const { effectiveDate } = action;
  const draft = startDraft(position, today);
  const fault = inFuture(effectiveDate, today) ?? nothingOpen(draft, effectiveDate);
  if (fault !== undefined) return fault;
  const problem = corporateActionProblem(action);
  if (problem !== undefined) return refuse('INVALID_ACTION', problem);
  const { reliefMethod, lots } = draft.position;
  const { perLot, cash, realizedPnl, delivered } = applyCorporateAction(lots, action, reliefMethod);
  count(draft, {
    type: 'CORPORATE_ACTION_APPLIED',
    action,
    reliefMethod,
    perLot,
    cash,
    realizedPnl,
    delivered,
    late: latenessFor(draft.position, { effectiveDate, today }, { atStartOfDay: true }),
  });
  return finish(draft);
}

export function changeMethod(
  position: Position,
  { contractId, method, effectiveDate, today }: ChangeMethod,
): LotDecision {
  const draft = startDraft(position, today);
  const late = latenessFor(draft.position, { effectiveDate, today });
  const fault = inFuture(effectiveDate, today);
  if (fault !== undefined) return fault;
  if (late === null && method === draft.position.reliefMethod) {
    return refuse('NOTHING_CHANGED', `method: expected another than ${method}, was the same`);
  }
  count(draft, { type: 'LOT_METHOD_CHANGED', contractId, method, effectiveDate, late });
  return finish(draft);
}

export function receiveLots(position: Position, command: ReceiveLots): LotDecision {
  const { transferId, cause, fromPositionKey, effectiveDate, today, terms } = command;
  const draft = startDraft(position, today);
  const fault = inFuture(effectiveDate, today) ?? mixedSides(command.lots);
  if (fault !== undefined) return fault;
  const { version, reliefMethod } = draft.position;
  const lots = renamed(command.lots, transferId);
  const closed = countReceived(openLedger(draft.position), lots);
  count(draft, {
    type: 'LOTS_RECEIVED',
    transferId,
    cause,
    fromPositionKey,
    effectiveDate,
    reliefMethod: version === 0 ? methodOn(terms, effectiveDate).method : reliefMethod,
    lots,
    closed,
    realizedPnl: amount(closed.reduce((sum, { gain }) => sum + gain, 0n)),
    replaces: null,
    late: latenessFor(draft.position, { effectiveDate, today }),
  });
  return finish(draft);
}

/** No event when the receipt stands for the same lots already. */
export function replaceReceivedLots(
  position: Position,
  command: ReplaceReceivedLots,
): Decision<PositionEvent, never> {
  const { transferId, cause, fromPositionKey, effectiveDate, today } = command;
  const { receiptVersion, history } = command;
  const lots = renamed(command.lots, transferId);
  const latest = history?.findLast(
    ({ event, version }) =>
      event.type === 'LOTS_RECEIVED' &&
      (version === receiptVersion || event.replaces === receiptVersion),
  )?.event;
  if (latest?.type === 'LOTS_RECEIVED' && areSame(latest.lots, lots)) return accept();
  const draft = startDraft(position, today);
  count(draft, {
    type: 'LOTS_RECEIVED',
    transferId,
    cause,
    fromPositionKey,
    effectiveDate,
    reliefMethod: draft.position.reliefMethod,
    lots,
    closed: [],
    realizedPnl: amount(0n),
    replaces: receiptVersion,
    // Whatever its date: what it replaces is in the lots already.
    late: { tipDate: draft.position.lastEffectiveDate ?? today, bookedOn: today },
  });
  return accept(...draft.events);
}

/** Ids are unique in one position only. No trade id has a blank. */
function renamed(lots: readonly ReceivedLot[], transferId: string): readonly ReceivedLot[] {
  return lots.map((lot) => ({ ...lot, lotId: `${lot.lotId} by ${transferId}` }));
}

function areSame(a: readonly ReceivedLot[], b: readonly ReceivedLot[]): boolean {
  return a.length === b.length && a.every((lot, index) => isSame(lot, b[index]));
}

function isSame(a: ReceivedLot, b: ReceivedLot | undefined): boolean {
  return (
    b !== undefined &&
    a.lotId === b.lotId &&
    a.openDate === b.openDate &&
    a.acquiredOn === b.acquiredOn &&
    a.quantity === b.quantity &&
    a.costBasis === b.costBasis &&
    a.settledResets === b.settledResets
  );
}

function inFuture(
  effectiveDate: BusinessDate,
  today: BusinessDate,
): Refusal<LotEventRefusalReason> | undefined {
  if (effectiveDate <= today) return undefined;
  return refuse(
    'EFFECTIVE_DATE_IN_FUTURE',
    `effectiveDate: expected at most today, ${today}, was ${effectiveDate}`,
  );
}

/** Late ones may have found lots on their day: the replay will tell. */
function nothingOpen(
  { position }: Draft,
  effectiveDate: BusinessDate,
): Refusal<LotEventRefusalReason> | undefined {
  const { lots, lastEffectiveDate } = position;
  if (lots.length > 0 || (lastEffectiveDate !== null && effectiveDate <= lastEffectiveDate)) {
    return undefined;
  }
  return refuse('NOTHING_OPEN', 'lots: expected at least one open, were none');
}

function mixedSides(lots: readonly ReceivedLot[]): Refusal<LotEventRefusalReason> | undefined {
  const [first] = lots;
  if (first === undefined) return refuse('NOTHING_OPEN', 'lots: expected at least one, were none');
  const isShort = first.quantity < 0n;
  if (lots.every((lot) => lot.quantity !== 0n && lot.quantity < 0n === isShort)) return undefined;
  return refuse(
    'OPPOSITE_SIDE',
    'lots: expected all of them long or all of them short, none empty',
  );
}
