/** What a command does to a position. What the position is after an event stands in evolve.ts. */

import type { Decision } from '#kernel/decision';
import type { AmendmentRefusalReason } from './amendment-refusal.ts';
import type { BustRefusalReason } from './bust-refusal.ts';
import { amendTrade, bustTrade, electLots } from './decide-amendment.ts';
import {
  actOnLots,
  changeMethod,
  receiveLots,
  replaceReceivedLots,
  resetPrice,
} from './decide-lot-event.ts';
import {
  correct,
  noteContract,
  type RecalculationRefusalReason,
  refuseCorrection,
} from './decide-recalculation.ts';
import { applyTrade, rollForward } from './decide-trade.ts';
import type { ElectionRefusalReason } from './election-refusal.ts';
import type { LotEventRefusalReason } from './lot-event-refusal.ts';
import type { Position } from './position.ts';
import type {
  AmendTrade,
  ApplyTrade,
  BustTrade,
  ElectLots,
  PositionCommand,
} from './position-command.ts';
import type { PositionEvent } from './position-event.ts';
import type { TradeRefusalReason } from './trade-refusal.ts';

export { evolve } from './evolve.ts';

export type PositionRefusalReason =
  | TradeRefusalReason
  | BustRefusalReason
  | AmendmentRefusalReason
  | ElectionRefusalReason
  | LotEventRefusalReason
  | RecalculationRefusalReason;

/** Every dated command first lets the bookings of today and before become effective. */
export function decide(
  position: Position,
  command: ApplyTrade,
): Decision<PositionEvent, TradeRefusalReason>;
export function decide(
  position: Position,
  command: BustTrade,
): Decision<PositionEvent, BustRefusalReason>;
export function decide(
  position: Position,
  command: AmendTrade,
): Decision<PositionEvent, AmendmentRefusalReason>;
export function decide(
  position: Position,
  command: ElectLots,
): Decision<PositionEvent, ElectionRefusalReason>;
export function decide(
  position: Position,
  command: PositionCommand,
): Decision<PositionEvent, PositionRefusalReason>;
export function decide(
  position: Position,
  command: PositionCommand,
): Decision<PositionEvent, PositionRefusalReason> {
  switch (command.type) {
    case 'ApplyTrade':
      return applyTrade(position, command);
    case 'BustTrade':
      return bustTrade(position, command);
    case 'AmendTrade':
      return amendTrade(position, command);
    case 'ElectLots':
      return electLots(position, command);
    case 'ResetPrice':
      return resetPrice(position, command);
    case 'ApplyCorporateAction':
      return actOnLots(position, command);
    case 'ChangeMethod':
      return changeMethod(position, command);
    case 'ReceiveLots':
      return receiveLots(position, command);
    case 'ReplaceReceivedLots':
      return replaceReceivedLots(position, command);
    case 'RollForward':
      return rollForward(position, command);
    case 'Correct':
      return correct(position, command);
    case 'RefuseCorrection':
      return refuseCorrection(position, command);
    case 'NoteContract':
      return noteContract(command);
  }
}
