/** Events as rows of the event store, and back. */

import type { Fragment, Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { type Amount, amount, price, quantity } from '#kernel/money';
import { parsed, payload } from '#kernel/topics/reading';
import { invariant } from '#platform/errors';
import { instantOf, instantText } from '#platform/instant-column';
import { gainIn, tradeIdIn, tradeIn } from '../domain/event-contents.ts';
import { type Allocation, effectiveDateOf, type PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { SIDES, type Trade } from '../domain/trade.ts';
import {
  forwardBooked,
  forwardEffective,
  payloadOf,
  provisionalTrade,
  tradeAmended,
  tradeApplied,
  tradeBusted,
  wholeEvents,
} from './event-payloads.ts';
import { allocations, type tradeExtras } from './value-codecs.ts';

/**
 * Of the payload written; every earlier one is read, too. 1: trades applied alone, with their gain
 * in the payload. 2: all types; the gain has a column.
 */
export const EVENT_SCHEMA_VERSION = 2;

/** An event with what the store knows about it. */
export interface RecordedEvent {
  readonly event: PositionEvent;
  readonly version: number;
  readonly recordedAtMs: number;
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly source: string;
}

export interface EventRow {
  readonly event_ver: number;
  readonly event_type: string;
  readonly effective_date: string;
  readonly recorded_at: string;
  readonly executed_at: string | null;
  readonly trade_id: string | null;
  readonly uti: string | null;
  readonly side: string | null;
  readonly quantity: bigint | null;
  readonly price: bigint | null;
  readonly fees: string | null;
  readonly realized_pnl: string | null;
  readonly payload: unknown;
  readonly meta_lots: unknown;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly user_id: string;
  readonly source: string;
}

/** Instants as text: what the driver makes of them depends on who else uses the pool. */
export function eventColumns(sql: Sql): Fragment {
  return sql`position_key, event_ver, event_type, effective_date, recorded_at::text,
    executed_at::text, trade_id, uti, side, quantity, price, fees, realized_pnl, payload,
    meta_lots, correlation_id, causation_id, user_id, source`;
}

/** Where a command came from: as in the columns of its events. */
export interface CommandOrigin {
  /** Where it came in: graphql, trade-events. */
  readonly source: string;
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string | null;
}

/** An event as its columns take it. */
export interface EventFields {
  readonly effectiveDate: string;
  readonly executedAt: string | null;
  readonly tradeId: string | null;
  readonly uti: string | null;
  readonly side: string | null;
  readonly quantity: bigint | null;
  readonly price: bigint | null;
  readonly fees: Amount | null;
  readonly realizedPnl: Amount | null;
  /** JSON with its fields in order of name. */
  readonly payload: string;
  /** The trail of the gain down to lots, as JSON; null when no lot was taken from. */
  readonly metaLots: string | null;
}

export function eventFieldsOf(event: PositionEvent, key: PositionKey): EventFields {
  const trade = tradeIn(event);
  const taken = trailOf(event);
  return {
    effectiveDate: effectiveDateOf(event),
    executedAt: executedAtOf(trade),
    tradeId: tradeIdIn(event),
    uti: 'uti' in event ? event.uti : null,
    side: trade?.side ?? null,
    quantity: trade?.quantity ?? null,
    price: trade?.price ?? null,
    fees: trade?.fees ?? null,
    realizedPnl: gainIn(event),
    payload: JSON.stringify(payloadOf(event, key)),
    metaLots: taken.length === 0 ? null : JSON.stringify(allocations.write(taken)),
  };
}

function executedAtOf(trade: Trade | null): string | null {
  const executedAtMs = trade?.executedAtMs ?? null;
  return executedAtMs === null ? null : instantText(executedAtMs);
}

/** Of an estimate, the trail lies in the payload: a bust or an amendment may have two. */
function trailOf(event: PositionEvent): readonly Allocation[] {
  if (event.type === 'LOTS_RECEIVED') return event.closed;
  return 'allocations' in event ? event.allocations : [];
}

export function recordedEventOf(row: EventRow, key: PositionKey): RecordedEvent {
  return {
    event: eventOf(row, key),
    version: row.event_ver,
    recordedAtMs: instantOf(row.recorded_at),
    user: row.user_id,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    source: row.source,
  };
}

type StoredEvent = Omit<
  EventRow,
  'event_ver' | 'recorded_at' | 'correlation_id' | 'causation_id' | 'user_id' | 'source'
>;

/** Reads every type in every schema version. */
export function eventOf(row: StoredEvent, key: PositionKey): PositionEvent {
  const { event_type: type, payload: stored } = row;
  switch (type) {
    case 'TRADE_APPLIED': {
      const { clOrdId, electedLots, overrideReason, ...rest } = tradeApplied.read(stored);
      const trade = tradeOf(row, key, { clOrdId, electedLots, overrideReason });
      const classification = 'CURRENT_DATED';
      return { type, trade, classification, ...rest, ...takenOf(row), uti: row.uti };
    }
    case 'PROVISIONAL_TRADE_APPLIED': {
      const { clOrdId, electedLots, overrideReason, ...rest } = provisionalTrade.read(stored);
      const trade = tradeOf(row, key, { clOrdId, electedLots, overrideReason });
      const classification = 'BACKDATED';
      return { type, trade, classification, ...rest, ...takenOf(row), uti: row.uti };
    }
    case 'FORWARD_TRADE_BOOKED': {
      const { clOrdId, electedLots, overrideReason, ...rest } = forwardBooked.read(stored);
      const trade = tradeOf(row, key, { clOrdId, electedLots, overrideReason });
      return { type, trade, classification: 'FORWARD_DATED', ...rest, uti: row.uti };
    }
    case 'FORWARD_TRADE_EFFECTIVE': {
      const { clOrdId, electedLots, overrideReason, ...rest } = forwardEffective.read(stored);
      const trade = tradeOf(row, key, { clOrdId, electedLots, overrideReason });
      return { type, trade, ...rest, ...takenOf(row) };
    }
    case 'TRADE_BUSTED': {
      const { clOrdId, electedLots, overrideReason, ...rest } = tradeBusted.read(stored);
      return { type, trade: tradeOf(row, key, { clOrdId, electedLots, overrideReason }), ...rest };
    }
    case 'TRADE_AMENDED':
      return { type, ...tradeAmended(key).read(stored) };
    case 'PRICE_RESET':
      return { type, ...wholeEvents.PRICE_RESET.read(stored) };
    case 'CORPORATE_ACTION_APPLIED':
      return { type, ...wholeEvents.CORPORATE_ACTION_APPLIED.read(stored) };
    case 'WASH_SALE_ADJUSTED':
      return { type, ...wholeEvents.WASH_SALE_ADJUSTED.read(stored) };
    case 'LOT_METHOD_CHANGED':
      return { type, ...wholeEvents.LOT_METHOD_CHANGED.read(stored) };
    case 'LOT_RELIEF_ELECTED':
      return { type, ...wholeEvents.LOT_RELIEF_ELECTED.read(stored) };
    case 'LOTS_RECEIVED':
      return { type, ...wholeEvents.LOTS_RECEIVED.read(stored), ...closedOf(row) };
    case 'HISTORICAL_POSITION_CORRECTED':
      return { type, ...wholeEvents.HISTORICAL_POSITION_CORRECTED.read(stored) };
    case 'CONTRACT_GENERATED':
      return { type, ...wholeEvents.CONTRACT_GENERATED.read(stored) };
    case 'CORRECTION_REFUSED':
      return { type, ...wholeEvents.CORRECTION_REFUSED.read(stored) };
    default:
      throw new RangeError(`stored event type: expected a known one, was ${type}`);
  }
}

function tradeOf(
  row: StoredEvent,
  key: PositionKey,
  extras: Pick<Trade, keyof typeof tradeExtras>,
): Trade {
  const { trade_id: tradeId, quantity: units, price: unitPrice, fees } = row;
  const side = SIDES.find((each) => each === row.side);
  const isWhole =
    tradeId !== null && side !== undefined && units !== null && unitPrice !== null && fees !== null;
  invariant(isWhole, `a stored ${row.event_type} of ${key.text} has the columns of its trade`);
  return {
    tradeId,
    key,
    side,
    quantity: quantity(units),
    price: price(unitPrice),
    fees: amount(decimal(fees)),
    effectiveDate: businessDate(row.effective_date),
    executedAtMs: row.executed_at === null ? null : instantOf(row.executed_at),
    ...extras,
  };
}

/** Written without a gain while received lots could not meet the other side. */
function closedOf({ meta_lots: trail, realized_pnl: gain }: StoredEvent) {
  return {
    closed: trail === null ? [] : allocations.read(trail),
    realizedPnl: amount(gain === null ? 0n : decimal(gain)),
  };
}

function takenOf(row: StoredEvent): {
  readonly allocations: readonly Allocation[];
  readonly realizedPnl: Amount;
} {
  return {
    allocations: row.meta_lots === null ? [] : allocations.read(row.meta_lots),
    realizedPnl: amount(
      row.realized_pnl === null
        ? parsed(payload(row.payload), 'realizedPnl', decimal)
        : decimal(row.realized_pnl),
    ),
  };
}
