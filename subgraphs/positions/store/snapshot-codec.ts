/** Snapshots as rows of the snapshot store, and back. */

import type { Fragment, Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { amount, currencyCode, quantity } from '#kernel/money';
import { invariant } from '#platform/errors';
import { instantOf } from '#platform/instant-column';
import { LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';
import {
  CORRECTION_REFUSAL_REASONS,
  type Position,
  RECONCILIATION_STATUSES,
} from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { NO_WASH_MEMORY } from '../domain/wash-sale.ts';
import { bookings, washMemory } from './value-codecs.ts';

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
  readonly cycle_realized_pnl: string;
  readonly lot_count: number;
  readonly next_lot_serial: number;
  readonly relief_method: string;
  readonly reconciliation_status: string;
  readonly status_reason: string | null;
  readonly pending_backdated: number;
  readonly pending_forward: unknown;
  readonly memory: unknown;
  readonly last_effective_date: string | null;
  readonly last_recorded_at: string;
}

/** All but the lots. Instants as text: what the driver makes of them depends on the pool. */
export function summaryColumns(sql: Sql): Fragment {
  return sql`position_key, book_id, account_id, contract_id, instrument_id, symbol, currency,
    last_ver, quantity, cost_basis, realized_pnl, cycle_realized_pnl, lot_count, next_lot_serial,
    relief_method, reconciliation_status, status_reason, pending_backdated, pending_forward,
    memory, last_effective_date, last_recorded_at::text`;
}

export function summaryOf(row: SnapshotRow): PositionSummary {
  const key = keyOf(row);
  const reliefMethod = LOT_RELIEF_METHODS.find((each) => each === row.relief_method);
  const status = RECONCILIATION_STATUSES.find((each) => each === row.reconciliation_status);
  invariant(reliefMethod, `stored relief method ${row.relief_method} is known`);
  invariant(status, `stored reconciliation status ${row.reconciliation_status} is known`);
  return {
    key,
    figures: {
      version: row.last_ver,
      quantity: quantity(row.quantity),
      costBasis: amount(decimal(row.cost_basis)),
      realizedPnl: amount(decimal(row.realized_pnl)),
      cycleRealizedPnl: amount(decimal(row.cycle_realized_pnl)),
      nextLotSerial: row.next_lot_serial,
      reliefMethod,
      reconciliationStatus: status,
      statusReason: CORRECTION_REFUSAL_REASONS.find((each) => each === row.status_reason) ?? null,
      pendingBackdated: row.pending_backdated,
      pendingForward: row.pending_forward === null ? [] : bookings(key).read(row.pending_forward),
      washMemory: row.memory === null ? NO_WASH_MEMORY : washMemory.read(row.memory),
      lastEffectiveDate:
        row.last_effective_date === null ? null : businessDate(row.last_effective_date),
    },
    lotCount: row.lot_count,
    lastRecordedAtMs: instantOf(row.last_recorded_at),
  };
}

function keyOf(row: SnapshotRow): PositionKey {
  return {
    text: row.position_key,
    bookId: row.book_id,
    accountId: row.account_id,
    contractId: row.contract_id,
    instrumentId: row.instrument_id,
    symbol: row.symbol,
    currency: currencyCode(row.currency),
    lane: 'NET',
  };
}

/** What of a position changes with an event, as its columns take it; JSON as text. */
export interface SnapshotFields {
  readonly lots: string | null;
  readonly pendingForward: string | null;
  readonly nextForwardDate: string | null;
  readonly memory: string | null;
}
