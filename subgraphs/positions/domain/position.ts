/** A position as it stands after its last event: figures, open lots, and what is still to come. */

import type { BusinessDate } from '#kernel/business-date';
import { ZERO } from '#kernel/decimal';
import { type Amount, amount, type Quantity, quantity } from '#kernel/money';
import type { LotReliefMethod } from './lot-relief.ts';
import type { TaxLot } from './tax-lot.ts';

/** Of one position; a trade that would open one more is refused. */
export const MAX_LOTS_PER_POSITION = 10_000;

export const RECONCILIATION_STATUSES = ['RECONCILED', 'PROVISIONAL', 'PENDING'] as const;
export type ReconciliationStatus = (typeof RECONCILIATION_STATUSES)[number];

export interface Position {
  /** Of the last event counted; 0 before the first. */
  readonly version: number;
  /** Below zero when short. */
  readonly quantity: Quantity;
  /** Of the open lots together; below zero when short. */
  readonly costBasis: Amount;
  /** Gains less losses of all closed units, fees counted. */
  readonly realizedPnl: Amount;
  /** In order of effective date, then of arrival. All long or all short. */
  readonly lots: readonly TaxLot[];
  readonly reliefMethod: LotReliefMethod;
  readonly reconciliationStatus: ReconciliationStatus;
  /** Backdated trades counted by estimate only, waiting for their recalculation. */
  readonly pendingBackdated: number;
  /** Largest effective date among the events in the lots; null before the first. */
  readonly lastEffectiveDate: BusinessDate | null;
}

export const initialPosition: Position = {
  version: 0,
  quantity: quantity(ZERO),
  costBasis: amount(ZERO),
  realizedPnl: amount(ZERO),
  lots: [],
  reliefMethod: 'FIFO',
  reconciliationStatus: 'RECONCILED',
  pendingBackdated: 0,
  lastEffectiveDate: null,
};
