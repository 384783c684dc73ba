/** What resolvers of a type receive, where it is not what the schema shows. */

import type { BusinessDate } from '#kernel/business-date';
import type { Amount, CurrencyCode, Quantity } from '#kernel/money';
import type { DeadLetter as FailedRecord } from '#platform/ports';
import type { LotReliefMethod } from '../domain/lot-relief.ts';
import type { Position, ReconciliationStatus } from '../domain/position.ts';
import type { AuditedEvent } from '../domain/audited-event.ts';
import type { DeadLetter } from '../domain/dead-letter.ts';
import type {
  Allocation,
  CorporateActionApplied,
  CorrectionRefused,
  ForwardTradeBooked,
  ForwardTradeEffective,
  HistoricalPositionCorrected,
  LotReliefElected,
  LotsReceived,
  PriceReset,
  TradeAmended,
  TradeBusted,
  WashSaleAdjusted,
} from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import type { TradeRequest } from '../domain/trade.ts';
import type { DeadLetterAttempt } from '../store/dead-letter-codec.ts';
import type { RecordedContract, RecordedDefinition } from '../store/contracts.ts';
import type { RecordedEvent } from '../store/event-codec.ts';
import type { PositionResult } from '../use-cases/act-on-positions.ts';
import type { AmendedTradeAnswer } from '../use-cases/amend-trade.ts';
import type { AppliedAction } from '../use-cases/apply-corporate-action.ts';
import type { BustedTrade } from '../use-cases/bust-trade.ts';
import type { ChangedTrade } from '../use-cases/change-trade.ts';
import type { DefinedContract } from '../use-cases/define-contract.ts';
import type { DeadLetterAnswer, RefusedCommand } from '../use-cases/attempt-dead-letter.ts';
import type { PositionDiff } from '../use-cases/diff-position.ts';
import type { ElectedLots } from '../use-cases/elect-lots.ts';
import type { RecordedTrade } from '../use-cases/record-trades.ts';
import type { ResetPrices } from '../use-cases/reset-prices.ts';
import type { RetriedCorrection } from '../use-cases/retry-corrections.ts';
import type { Change } from '../use-cases/watch-changes.ts';
import type { Correction } from '../use-cases/watch-corrections.ts';

export interface PositionParent {
  readonly key: PositionKey;
  readonly version: number;
  readonly quantity: Quantity;
  readonly costBasis: Amount;
  readonly realizedPnl: Amount;
  readonly reliefMethod: LotReliefMethod;
  readonly reconciliationStatus: ReconciliationStatus;
  readonly statusReason: Position['statusReason'];
  /** Null where they are not known. */
  readonly pendingForward: Position['pendingForward'] | null;
  /** In order of opening; null while they are not loaded. */
  readonly lots: readonly TaxLot[] | null;
  readonly effectiveAt: BusinessDate;
  /** Null: that of the event of `version`. */
  readonly knownAtMs: number | null;
  /** False when another time was asked for: then it is valued at the close of `effectiveAt`. */
  readonly isCurrent: boolean;
}

export interface TaxLotParent extends TaxLot {
  readonly currency: CurrencyCode;
}

export interface PositionEventParent extends RecordedEvent {
  readonly key: PositionKey;
}

export interface LotAllocationParent extends Allocation {
  readonly currency: CurrencyCode;
}

export type PositionChangeParent = Change;

export type PositionCorrectionParent = Correction;

export type CorrectionRetriedParent = Extract<RetriedCorrection, { type: 'RETRIED' }>;

export type RetryCorrectionRefusedParent = Extract<RetriedCorrection, { type: 'REFUSED' }>;

export type PositionDiffParent = PositionDiff;

export type TradeRecordedParent = Extract<RecordedTrade, { type: 'RECORDED' }>;

export type TradeRefusedParent = Extract<RecordedTrade, { type: 'REFUSED' }>;

export type AuditedEventParent = AuditedEvent;

export type DeadLetterParent = DeadLetter;

export type SentTradeParent = TradeRequest;

export type DeadLetterAttemptParent = DeadLetterAttempt;

type DoneWithDeadLetter = Extract<DeadLetterAnswer, { ok: true }>;

export type DeadLetterRetriedParent = DoneWithDeadLetter;

export type DeadLetterCorrectedParent = DoneWithDeadLetter;

export type DeadLetterDiscardedParent = DoneWithDeadLetter;

export type DeadLetterCommandRefusedParent = RefusedCommand;

export type ContractParent = RecordedContract;

export type ContractDefinitionParent = RecordedDefinition;

export type ContractDefinedParent = Extract<DefinedContract, { type: 'DEFINED' }>;

export type DefineContractRefusedParent = Extract<DefinedContract, { type: 'REFUSED' }>;

export type FailedRecordParent = FailedRecord;

export type TradeBustedParent = ChangedTrade;

export type TradeAmendedParent = ChangedTrade;

export type LotsElectedParent = ChangedTrade;

type Refused<Answer> = Extract<Answer, { type: 'REFUSED' }>;

export type BustRefusedParent = Refused<BustedTrade>;

export type AmendmentRefusedParent = Refused<AmendedTradeAnswer>;

export type ElectionRefusedParent = Refused<ElectedLots>;

/** An event of one type, and the position whose it is. */
interface EventOf<Event> {
  readonly key: PositionKey;
  readonly event: Event;
}

export type BookingDetailsParent = EventOf<ForwardTradeBooked>;

export type BookedTradeDetailsParent = EventOf<ForwardTradeEffective>;

export type AmendmentDetailsParent = EventOf<TradeAmended>;

export type BustDetailsParent = EventOf<TradeBusted>;

export type PriceResetDetailsParent = EventOf<PriceReset>;

export type CorporateActionDetailsParent = EventOf<CorporateActionApplied>;

export type WashSaleDetailsParent = EventOf<WashSaleAdjusted>;

export type ElectionDetailsParent = EventOf<LotReliefElected>;

export type ReceivedLotsDetailsParent = EventOf<LotsReceived>;

export type CorrectionDetailsParent = EventOf<HistoricalPositionCorrected>;

export type CorrectionRefusalDetailsParent = EventOf<CorrectionRefused>;

type Done<Answer> = Extract<Answer, { type: 'DONE' }>;

export type CorporateActionAppliedParent = Done<AppliedAction>;

export type CorporateActionRefusedParent = Refused<AppliedAction>;

export type PricesResetParent = Done<ResetPrices>;

export type ResetPricesRefusedParent = Refused<ResetPrices>;

export type PositionActedOnParent = PositionResult;
