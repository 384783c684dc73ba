/** A position as it stands after its last event: figures, open lots, and what is still to come. */

import type { BusinessDate } from '#kernel/business-date';
import { ZERO } from '#kernel/decimal';
import { type Amount, amount, type Quantity, quantity } from '#kernel/money';
import type { LotReliefMethod } from './lot-relief.ts';
import type { TaxLot } from './tax-lot.ts';
import type { Trade } from './trade.ts';
import { NO_WASH_MEMORY, type WashMemory } from './wash-sale.ts';

/** Of one position; a trade that would open one more is refused. */
export const MAX_LOTS_PER_POSITION = 10_000;
/** Of one position; a booking more is refused. */
export const MAX_PENDING_FORWARD = 1_000;

export const RECONCILIATION_STATUSES = ['RECONCILED', 'PROVISIONAL', 'PENDING'] as const;
export type ReconciliationStatus = (typeof RECONCILIATION_STATUSES)[number];

/** Why a correction could not be made: the estimate stands until somebody acts. */
export const CORRECTION_REFUSAL_REASONS = [
  /** In its right place, the late event leaves a later sale without enough units: long-only. */
  'OVERSOLD_AFTER_REPLAY',
  /** Lots that were chosen for a sale are not there, or too small, on the corrected history. */
  'ELECTION_BROKEN',
] as const;
export type CorrectionRefusalReason = (typeof CORRECTION_REFUSAL_REASONS)[number];

/** A trade for a later day: known, and not in the lots yet. */
export interface ForwardBooking {
  /** Of the event that booked it. */
  readonly version: number;
  /** Its effective date is a business day. */
  readonly trade: Trade;
  readonly uti: string | null;
  /** The contract has wash sales on. */
  readonly hasWashSales: boolean;
}

/** What the lots of a position come to. */
export interface Figures {
  /** Below zero when short. */
  readonly quantity: Quantity;
  /** Of the open lots together; below zero when short. */
  readonly costBasis: Amount;
  /** Gains less losses of all closed units, fees counted, and what price resets have paid. */
  readonly realizedPnl: Amount;
  readonly lotCount: number;
}

/** The part of a position that a replay computes anew. */
export interface LotState extends Omit<Figures, 'lotCount'> {
  /** Realized since the position was last flat. */
  readonly cycleRealizedPnl: Amount;
  /** In order of open date, then of arrival. All long or all short. */
  readonly lots: readonly TaxLot[];
  /** Of the next lot to open. */
  readonly nextLotSerial: number;
  readonly reliefMethod: LotReliefMethod;
  /** Largest effective date among the events in the lots; null before the first. */
  readonly lastEffectiveDate: BusinessDate | null;
  /** What wash sales of the past still may touch; empty while the contract has them off. */
  readonly washMemory: WashMemory;
}

export interface Position extends LotState {
  /** Of the last event counted; 0 before the first. */
  readonly version: number;
  readonly reconciliationStatus: ReconciliationStatus;
  /** Why the last correction was refused; null while none was. */
  readonly statusReason: CorrectionRefusalReason | null;
  /** Late events counted by estimate only, waiting for their recalculation. */
  readonly pendingBackdated: number;
  /** In order of booking. */
  readonly pendingForward: readonly ForwardBooking[];
}

export const initialPosition: Position = {
  version: 0,
  quantity: quantity(ZERO),
  costBasis: amount(ZERO),
  realizedPnl: amount(ZERO),
  cycleRealizedPnl: amount(ZERO),
  lots: [],
  nextLotSerial: 0,
  reliefMethod: 'FIFO',
  lastEffectiveDate: null,
  washMemory: NO_WASH_MEMORY,
  reconciliationStatus: 'RECONCILED',
  statusReason: null,
  pendingBackdated: 0,
  pendingForward: [],
};

/** With all bookings, whatever their day. */
export function projectedQuantity({
  quantity: held,
  pendingForward,
}: Pick<Position, 'quantity' | 'pendingForward'>): Quantity {
  const booked = pendingForward.reduce((sum: bigint, { trade }) => sum + signedUnits(trade), 0n);
  return quantity(held + booked);
}

function signedUnits({ side, quantity: units }: Trade): bigint {
  return side === 'BUY' ? units : -units;
}

export function figuresOf(state: LotState): Figures {
  const { quantity: units, costBasis, realizedPnl, lots } = state;
  return { quantity: units, costBasis, realizedPnl, lotCount: lots.length };
}
