/** The facts a position is made of. Never edited, never given another meaning. */

import type { BusinessDate } from '#kernel/business-date';
import type { Amount, Price, Quantity } from '#kernel/money';
import type { ActedLot, CorporateAction, DeliveredLots } from './corporate-action.ts';
import type { ElectedLot, LotReliefMethod } from './lot-relief.ts';
import type { CorrectionRefusalReason, Figures, LotState } from './position.ts';
import type { LotReset } from './price-reset.ts';
import type { Trade } from './trade.ts';
import type { WashSaleAdjustment } from './wash-sale.ts';

/** What a trade did: opened a flat position, added to its side, or took from it. */
export const TRADE_EFFECTS = ['NEW_TRADE', 'INCREASE', 'DECREASE'] as const;
export type TradeEffect = (typeof TRADE_EFFECTS)[number];

/** Units taken out of one lot, and what they earned: the trail of a gain down to its lots. */
export interface Allocation {
  readonly lotId: string;
  readonly openDate: BusinessDate;
  /** Above zero, whichever side the lot has. */
  readonly takenQuantity: Quantity;
  /** Basis that left with them; below zero for a short lot. */
  readonly basisOut: Amount;
  /** What price resets had paid on them. */
  readonly settledResetsOut: Amount;
  /** Cash for them, fees counted: above zero for a sale, below for a cover. */
  readonly proceeds: Amount;
  /** proceeds - basisOut - settledResetsOut. */
  readonly gain: Amount;
  /** Place in the order of relief, from 1. */
  readonly rank: number;
}

/** The units of a trade that closed nothing; pooled with the others under AVERAGE. */
export interface OpenedLot {
  readonly lotId: string;
  /** Below zero for a short lot. */
  readonly quantity: Quantity;
  /** Below zero for a short lot. */
  readonly costBasis: Amount;
}

/** What a trade did to the lots as they were when the event was written. */
export interface LotEffects {
  readonly effect: TradeEffect;
  readonly reliefMethod: LotReliefMethod;
  readonly allocations: readonly Allocation[];
  readonly opened: OpenedLot | null;
  /** Sum of the gains of the allocations. */
  readonly realizedPnl: Amount;
}

/**
 * Written after newer dates were in the lots: counted last, as an estimate, until a correction
 * puts it in its place.
 */
export interface Lateness {
  /** Largest effective date in the lots when it was written. */
  readonly tipDate: BusinessDate;
  /** Business date of the book when it was written. */
  readonly bookedOn: BusinessDate;
}

/** An earlier trade of the position, by the event that first recorded or booked it. */
export interface TradeTarget {
  readonly tradeId: string;
  readonly version: number;
}

export interface TradeApplied extends LotEffects {
  readonly type: 'TRADE_APPLIED';
  readonly trade: Trade;
  readonly classification: 'CURRENT_DATED';
  /** Null until its contract is generated. */
  readonly uti: string | null;
  /** The contract has wash sales on. */
  readonly hasWashSales: boolean;
}

export interface ProvisionalTradeApplied extends LotEffects {
  readonly type: 'PROVISIONAL_TRADE_APPLIED';
  readonly trade: Trade;
  readonly classification: 'BACKDATED';
  readonly uti: string | null;
  readonly hasWashSales: boolean;
  readonly late: Lateness;
}

/** A note: the lots change when the trade becomes effective. */
export interface ForwardTradeBooked {
  readonly type: 'FORWARD_TRADE_BOOKED';
  /** With the effective date rolled to a business day. */
  readonly trade: Trade;
  readonly classification: 'FORWARD_DATED';
  /** The effective date as it was sent. */
  readonly askedDate: BusinessDate;
  /** In force when it was booked. */
  readonly reliefMethod: LotReliefMethod;
  readonly uti: string | null;
  readonly hasWashSales: boolean;
}

export interface ForwardTradeEffective extends LotEffects {
  readonly type: 'FORWARD_TRADE_EFFECTIVE';
  readonly trade: Trade;
  readonly bookingVersion: number;
  readonly hasWashSales: boolean;
}

/** Terms in place of others. The trade keeps its id, and its place among trades of its day. */
export interface TradeAmended {
  readonly type: 'TRADE_AMENDED';
  readonly amendmentId: string;
  readonly target: TradeTarget;
  readonly reason: string;
  readonly oldTrade: Trade;
  readonly newTrade: Trade;
  /** Null for a booking that is not effective yet: nothing in the lots changes. */
  readonly late: Lateness | null;
  /** The reversal of the old terms, then the new terms; empty for a booking. */
  readonly estimates: readonly LotEffects[];
}

export interface TradeBusted {
  readonly type: 'TRADE_BUSTED';
  readonly target: TradeTarget;
  readonly reason: string;
  /** With the terms that were in force. */
  readonly trade: Trade;
  /** Null for a booking that is not effective yet: nothing in the lots changes. */
  readonly late: Lateness | null;
  /** The reversal; null for a booking. */
  readonly estimate: LotEffects | null;
}

export interface PriceReset {
  readonly type: 'PRICE_RESET';
  readonly resetId: string;
  readonly resetPrice: Price;
  readonly effectiveDate: BusinessDate;
  readonly perLot: readonly LotReset[];
  /** Sum over the lots, part of the realized P&L. */
  readonly settlement: Amount;
  readonly late: Lateness | null;
}

/** Counts at the start of its day: trades of that day are made on the terms after it. */
export interface CorporateActionApplied {
  readonly type: 'CORPORATE_ACTION_APPLIED';
  readonly action: CorporateAction;
  /** Says whose units are paid in cash, and whether the lots are one pool. */
  readonly reliefMethod: LotReliefMethod;
  readonly perLot: readonly ActedLot[];
  /** Sum over the lots: received for them; below zero when paid. */
  readonly cash: Amount;
  /** Sum over the lots. */
  readonly realizedPnl: Amount;
  /** For the position in the other instrument; null when nothing is delivered. */
  readonly delivered: DeliveredLots | null;
  readonly late: Lateness | null;
}

/**
 * Losses of sales that purchases within 30 days put off. Follows from the trade right before it, in
 * the same decision: a replay derives it anew.
 */
export interface WashSaleAdjusted {
  readonly type: 'WASH_SALE_ADJUSTED';
  /** The trade it follows from. */
  readonly tradeId: string;
  readonly causedByVersion: number;
  readonly adjustments: readonly WashSaleAdjustment[];
  /** Sum of the losses put off, above zero: part of the realized P&L. */
  readonly disallowed: Amount;
  /** Of the trade. */
  readonly effectiveDate: BusinessDate;
}

export interface LotMethodChanged {
  readonly type: 'LOT_METHOD_CHANGED';
  /** Null for a position outside of contracts. */
  readonly contractId: string | null;
  readonly method: LotReliefMethod;
  /** From here on. */
  readonly effectiveDate: BusinessDate;
  readonly late: Lateness | null;
}

/** The lots of a recorded sale, chosen afterwards: counted from its correction on. */
export interface LotReliefElected {
  readonly type: 'LOT_RELIEF_ELECTED';
  readonly target: TradeTarget;
  readonly lots: readonly ElectedLot[];
  /** Of the sale. */
  readonly effectiveDate: BusinessDate;
  readonly late: Lateness;
}

/** A lot that comes from another position with its basis and dates. */
export interface ReceivedLot {
  readonly lotId: string;
  readonly openDate: BusinessDate;
  readonly acquiredOn: BusinessDate;
  /** Below zero for a short lot, like the basis. */
  readonly quantity: Quantity;
  readonly costBasis: Amount;
  readonly settledResets: Amount;
  readonly sourceTradeId: string;
  readonly parentLotId: string | null;
}

export interface LotsReceived {
  readonly type: 'LOTS_RECEIVED';
  readonly transferId: string;
  /** What moved them: a corporate action, or a transfer between accounts. */
  readonly cause: 'CORPORATE_ACTION' | 'TRANSFER';
  readonly fromPositionKey: string;
  readonly effectiveDate: BusinessDate;
  readonly reliefMethod: LotReliefMethod;
  readonly lots: readonly ReceivedLot[];
  /** Open lots of the other side that they met, and closed at the basis that came with them. */
  readonly closed: readonly Allocation[];
  readonly realizedPnl: Amount;
  /**
   * Version of the receipt whose lots these are instead, because what delivered them was corrected.
   * Always late: until it is settled, the old ones count. Null for a receipt of its own.
   */
  readonly replaces: number | null;
  readonly late: Lateness | null;
}

/** A gain that was published and has changed since. */
export interface Restatement {
  /** Of the event whose gain it is. */
  readonly version: number;
  /** Of the trade, or of the price reset or corporate action. */
  readonly tradeId: string;
  readonly before: Amount;
  readonly after: Amount;
}

export interface HistoricalPositionCorrected {
  readonly type: 'HISTORICAL_POSITION_CORRECTED';
  /** The first day it concerns. */
  readonly effectiveDate: BusinessDate;
  /** The last event counted in it. */
  readonly basedOnVersion: number;
  /** Versions of the late events that are now in their place, oldest first. */
  readonly settles: readonly number[];
  /** Ids of the trades, amendments, resets and actions that made it necessary. */
  readonly causedBy: readonly string[];
  /** As published before the first of the late events was known. */
  readonly beforeTrade: Figures;
  /** The estimate that this correction ends. */
  readonly beforeCorrection: Figures;
  readonly after: Figures;
  /** Facts that were applied anew. */
  readonly replayedCount: number;
  readonly restatements: readonly Restatement[];
  readonly state: LotState;
}

/** A note: its contract was generated. */
export interface ContractGenerated {
  readonly type: 'CONTRACT_GENERATED';
  readonly tradeId: string;
  readonly uti: string;
  /** Of the trade. */
  readonly effectiveDate: BusinessDate;
}

/** A note: the estimate stands, for the reason given. */
export interface CorrectionRefused {
  readonly type: 'CORRECTION_REFUSED';
  /** The first day that the late events concern. */
  readonly effectiveDate: BusinessDate;
  readonly basedOnVersion: number;
  readonly reason: CorrectionRefusalReason;
  /** Of the events that cannot be replayed. */
  readonly versions: readonly number[];
  /** The expected and the found value, for people. */
  readonly message: string;
}

export type PositionEvent =
  | TradeApplied
  | ProvisionalTradeApplied
  | ForwardTradeBooked
  | ForwardTradeEffective
  | TradeAmended
  | TradeBusted
  | PriceReset
  | CorporateActionApplied
  | WashSaleAdjusted
  | LotMethodChanged
  | LotReliefElected
  | LotsReceived
  | HistoricalPositionCorrected
  | ContractGenerated
  | CorrectionRefused;

export const POSITION_EVENT_TYPES = [
  'TRADE_APPLIED',
  'PROVISIONAL_TRADE_APPLIED',
  'FORWARD_TRADE_BOOKED',
  'FORWARD_TRADE_EFFECTIVE',
  'TRADE_AMENDED',
  'TRADE_BUSTED',
  'PRICE_RESET',
  'CORPORATE_ACTION_APPLIED',
  'WASH_SALE_ADJUSTED',
  'LOT_METHOD_CHANGED',
  'LOT_RELIEF_ELECTED',
  'LOTS_RECEIVED',
  'HISTORICAL_POSITION_CORRECTED',
  'CONTRACT_GENERATED',
  'CORRECTION_REFUSED',
] as const satisfies readonly PositionEvent['type'][];

/** The first business date that an event concerns. */
export function effectiveDateOf(event: PositionEvent): BusinessDate {
  switch (event.type) {
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'FORWARD_TRADE_BOOKED':
    case 'FORWARD_TRADE_EFFECTIVE':
    case 'TRADE_BUSTED':
      return event.trade.effectiveDate;
    case 'TRADE_AMENDED': {
      const { oldTrade, newTrade } = event;
      return oldTrade.effectiveDate < newTrade.effectiveDate
        ? oldTrade.effectiveDate
        : newTrade.effectiveDate;
    }
    case 'CORPORATE_ACTION_APPLIED':
      return event.action.effectiveDate;
    case 'PRICE_RESET':
    case 'WASH_SALE_ADJUSTED':
    case 'LOT_METHOD_CHANGED':
    case 'LOT_RELIEF_ELECTED':
    case 'LOTS_RECEIVED':
    case 'HISTORICAL_POSITION_CORRECTED':
    case 'CONTRACT_GENERATED':
    case 'CORRECTION_REFUSED':
      return event.effectiveDate;
  }
}

/** Where a late event stood when it was written; null for every other event. */
export function latenessOf(event: PositionEvent): Lateness | null {
  return 'late' in event ? event.late : null;
}
