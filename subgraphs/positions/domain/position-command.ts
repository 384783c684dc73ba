/** What can be asked of a position. Time, ids and terms come with the command. */

import type { BusinessDate } from '#kernel/business-date';
import type { Price } from '#kernel/money';
import type { BookCalendar } from './book-calendar.ts';
import type { ContractTerms } from './contract-terms.ts';
import type { CorporateAction } from './corporate-action.ts';
import type { ElectionFault } from './election-check.ts';
import type { ElectedLot, LotReliefMethod } from './lot-relief.ts';
import type { CorrectionRefusalReason } from './position.ts';
import type { ReceivedLot } from './position-event.ts';
import type { Recalculated } from './recalculation.ts';
import type { HistoryEvent } from './timeline.ts';
import type { Trade } from './trade.ts';

interface DatedCommand {
  /** Business date of the book. */
  readonly today: BusinessDate;
}

export interface ApplyTrade extends DatedCommand {
  readonly type: 'ApplyTrade';
  readonly trade: Trade;
  readonly terms: ContractTerms;
  /** Null until its contract is generated. */
  readonly uti: string | null;
  readonly calendar: BookCalendar;
}

/** A recorded trade as it stands now, from the events of the position. */
export interface RecordedTarget {
  /** Of the event that first recorded or booked it. */
  readonly version: number;
  /** With the terms now in force. */
  readonly trade: Trade;
  readonly isBusted: boolean;
}

export interface BustTrade extends DatedCommand {
  readonly type: 'BustTrade';
  readonly tradeId: string;
  /** Null when the position has no such trade. As it stands after every event before this one. */
  readonly target: RecordedTarget | null;
  readonly reason: string;
}

export interface AmendTrade extends DatedCommand {
  readonly type: 'AmendTrade';
  readonly amendmentId: string;
  readonly tradeId: string;
  readonly target: RecordedTarget | null;
  /** All terms, those that stay included; trade id and key are those of the target. */
  readonly newTrade: Trade;
  readonly reason: string;
  readonly calendar: BookCalendar;
}

export interface ElectLots extends DatedCommand {
  readonly type: 'ElectLots';
  readonly tradeId: string;
  readonly target: RecordedTarget | null;
  readonly lots: readonly ElectedLot[];
  /** What the history says against the lots, as far as it was known a moment ago. */
  readonly lotsFault: ElectionFault | null;
  readonly calendar: BookCalendar;
}

export interface ResetPrice extends DatedCommand {
  readonly type: 'ResetPrice';
  readonly resetId: string;
  readonly resetPrice: Price;
  readonly effectiveDate: BusinessDate;
}

export interface ApplyCorporateAction extends DatedCommand {
  readonly type: 'ApplyCorporateAction';
  readonly action: CorporateAction;
}

export interface ChangeMethod extends DatedCommand {
  readonly type: 'ChangeMethod';
  readonly contractId: string | null;
  readonly method: LotReliefMethod;
  readonly effectiveDate: BusinessDate;
}

export interface ReceiveLots extends DatedCommand {
  readonly type: 'ReceiveLots';
  readonly transferId: string;
  readonly cause: 'CORPORATE_ACTION' | 'TRANSFER';
  readonly fromPositionKey: string;
  readonly effectiveDate: BusinessDate;
  readonly lots: readonly ReceivedLot[];
  readonly terms: ContractTerms;
}

/** What delivered lots was corrected: these were to be received instead, or none. */
export interface ReplaceReceivedLots extends DatedCommand {
  readonly type: 'ReplaceReceivedLots';
  /** Version of the receipt, and the events from it on that are known; null: too many. */
  readonly receiptVersion: number;
  readonly history: readonly HistoryEvent[] | null;
  /** As `ReceiveLots` has them. */
  readonly transferId: string;
  readonly cause: ReceiveLots['cause'];
  readonly fromPositionKey: string;
  readonly effectiveDate: BusinessDate;
  readonly lots: readonly ReceivedLot[];
}

/** Bookings of today and before become effective. */
export interface RollForward extends DatedCommand {
  readonly type: 'RollForward';
}

/** Puts every late event in its place. */
export interface Correct {
  readonly type: 'Correct';
  readonly recalculated: Recalculated;
}

export interface RefuseCorrection {
  readonly type: 'RefuseCorrection';
  readonly basedOnVersion: number;
  readonly effectiveDate: BusinessDate;
  readonly reason: CorrectionRefusalReason;
  readonly versions: readonly number[];
  readonly message: string;
}

export interface NoteContract {
  readonly type: 'NoteContract';
  readonly tradeId: string;
  readonly uti: string;
  readonly effectiveDate: BusinessDate;
}

export type PositionCommand =
  | ApplyTrade
  | BustTrade
  | AmendTrade
  | ElectLots
  | ResetPrice
  | ApplyCorporateAction
  | ChangeMethod
  | ReceiveLots
  | ReplaceReceivedLots
  | RollForward
  | Correct
  | RefuseCorrection
  | NoteContract;
