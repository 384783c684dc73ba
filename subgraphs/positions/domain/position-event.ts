/** The facts a position is made of. Never edited, never given another meaning. */

import type { BusinessDate } from '#kernel/business-date';
import type { Amount, Quantity } from '#kernel/money';
import type { LotReliefMethod } from './lot-relief.ts';
import type { Trade } from './trade.ts';
import type { TradeClassification } from './trade-classification.ts';

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
  /** Cash for them, fees counted: above zero for a sale, below for a cover. */
  readonly proceeds: Amount;
  /** proceeds - basisOut. */
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

export interface TradeApplied {
  readonly type: 'TRADE_APPLIED';
  readonly trade: Trade;
  readonly effect: TradeEffect;
  readonly classification: TradeClassification;
  readonly reliefMethod: LotReliefMethod;
  readonly allocations: readonly Allocation[];
  readonly opened: OpenedLot | null;
  /** Sum of the gains of the allocations. */
  readonly realizedPnl: Amount;
  readonly uti: string;
}

export type PositionEvent = TradeApplied;
