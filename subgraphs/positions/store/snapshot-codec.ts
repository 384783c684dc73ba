/** Snapshots as rows of the snapshot store, and back. */

import { businessDate } from '#kernel/business-date';
import { decimal, ZERO } from '#kernel/decimal';
import { amount, currencyCode, quantity } from '#kernel/money';
import { payload } from '#kernel/topics/reading';
import { invariant } from '#platform/errors';
import { instantOf } from '#platform/instant-column';
import { inflateLots } from '../domain/compressed-lots.ts';
import { LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';
import { type Position, RECONCILIATION_STATUSES } from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import { NO_WASH_MEMORY } from '../domain/wash-sale.ts';
import { textsOf } from './event-codec.ts';

/** A position without its lots: what lists and most readers need. */
export interface PositionSummary {
  readonly key: PositionKey;
  readonly figures: Omit<Position, 'lots'>;
  readonly lotCount: number;
  readonly lastRecordedAtMs: number;
}

export interface SnapshotRow {
  readonly position_key: string;
  readonly book_id: string;
  readonly account_id: string;
  readonly contract_id: string | null;
  readonly instrument_id: string;
  readonly symbol: string;
  readonly currency: string;
  readonly last_ver: number;
  readonly quantity: bigint;
  readonly cost_basis: string;
  readonly realized_pnl: string;
  readonly lot_count: number;
  readonly relief_method: string;
  readonly reconciliation_status: string;
  readonly pending_backdated: number;
  readonly last_effective_date: string | null;
  readonly last_recorded_at: string;
}

export function summaryOf(row: SnapshotRow): PositionSummary {
  const reliefMethod = LOT_RELIEF_METHODS.find((each) => each === row.relief_method);
  const status = RECONCILIATION_STATUSES.find((each) => each === row.reconciliation_status);
  invariant(reliefMethod, `stored relief method ${row.relief_method} is known`);
  invariant(status, `stored reconciliation status ${row.reconciliation_status} is known`);
  return {
    key: {
      text: row.position_key,
      bookId: row.book_id,
      accountId: row.account_id,
      contractId: row.contract_id,
      instrumentId: row.instrument_id,
      symbol: row.symbol,
      currency: currencyCode(row.currency),
      lane: 'NET',
    },
    figures: {
      version: row.last_ver,
      quantity: quantity(row.quantity),
      costBasis: amount(decimal(row.cost_basis)),
      realizedPnl: amount(decimal(row.realized_pnl)),
      cycleRealizedPnl: amount(ZERO),
      nextLotSerial: row.lot_count,
      washMemory: NO_WASH_MEMORY,
      statusReason: null,
      pendingForward: [],
      reliefMethod,
      reconciliationStatus: status,
      pendingBackdated: row.pending_backdated,
      lastEffectiveDate:
        row.last_effective_date === null ? null : businessDate(row.last_effective_date),
    },
    lotCount: row.lot_count,
    lastRecordedAtMs: instantOf(row.last_recorded_at),
  };
}

export function lotsOf(stored: unknown): readonly TaxLot[] {
  const from = payload(stored);
  const trades = from['trades'];
  return inflateLots({
    ids: textsOf(from['ids']),
    dates: textsOf(from['dates']),
    quantities: textsOf(from['quantities']),
    bases: textsOf(from['bases']),
    ...(trades === undefined ? {} : { trades: textsOf(trades) }),
  });
}
