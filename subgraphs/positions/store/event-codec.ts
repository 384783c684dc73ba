/** Events as rows of the event store, and back. */

import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal, ZERO } from '#kernel/decimal';
import { amount, price, quantity } from '#kernel/money';
import { integer, oneOf, parsed, payload, text, textOrNull } from '#kernel/topics/reading';
import { invariant } from '#platform/errors';
import { instantOf } from '#platform/instant-column';
import { LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';
import {
  type Allocation,
  type OpenedLot,
  TRADE_EFFECTS,
  type TradeApplied,
} from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { SIDES } from '../domain/trade.ts';

/** Of the payload written; every earlier one is read, too. */
export const EVENT_SCHEMA_VERSION = 1;

/** An event with what the store knows about it. */
export interface RecordedEvent {
  readonly event: TradeApplied;
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
  readonly trade_id: string;
  readonly uti: string;
  readonly side: string;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly fees: string;
  readonly payload: unknown;
  readonly meta_lots: unknown;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly user_id: string;
  readonly source: string;
}

/** What has no column of its own. */
export function payloadOf(event: TradeApplied): string {
  const { effect, classification, reliefMethod, opened, realizedPnl, trade } = event;
  return JSON.stringify({
    effect,
    classification,
    reliefMethod,
    opened: opened && {
      lotId: opened.lotId,
      quantity: formatDecimal(opened.quantity),
      costBasis: formatDecimal(opened.costBasis),
    },
    realizedPnl: formatDecimal(realizedPnl),
    clOrdId: trade.clOrdId,
  });
}

/** Parallel arrays in order of rank; null when the trade took from no lot. */
export function metaLotsOf({ allocations }: TradeApplied): string | null {
  if (allocations.length === 0) return null;
  return JSON.stringify({
    lotIds: allocations.map((each) => each.lotId),
    openDates: allocations.map((each) => each.openDate),
    taken: allocations.map((each) => formatDecimal(each.takenQuantity)),
    basisOut: allocations.map((each) => formatDecimal(each.basisOut)),
    proceeds: allocations.map((each) => formatDecimal(each.proceeds)),
  });
}

export function recordedEventOf(row: EventRow, key: PositionKey): RecordedEvent {
  invariant(row.event_type === 'TRADE_APPLIED', `stored event type ${row.event_type} is known`);
  const from = payload(row.payload);
  const side = SIDES.find((each) => each === row.side);
  invariant(side, `stored side ${row.side} is known`);
  return {
    event: {
      type: row.event_type,
      trade: {
        tradeId: row.trade_id,
        key,
        side,
        quantity: quantity(row.quantity),
        price: price(row.price),
        fees: amount(decimal(row.fees)),
        effectiveDate: businessDate(row.effective_date),
        executedAtMs: row.executed_at === null ? null : instantOf(row.executed_at),
        clOrdId: textOrNull(from, 'clOrdId'),
        electedLots: null,
      },
      effect: oneOf(from, 'effect', TRADE_EFFECTS),
      classification: oneOf(from, 'classification', ['CURRENT_DATED']),
      reliefMethod: oneOf(from, 'reliefMethod', LOT_RELIEF_METHODS),
      allocations: row.meta_lots === null ? [] : allocationsOf(row.meta_lots),
      opened: openedOf(from['opened']),
      realizedPnl: amount(parsed(from, 'realizedPnl', decimal)),
      uti: row.uti,
      hasWashSales: false,
    },
    version: integer({ ...row }, 'event_ver'),
    recordedAtMs: instantOf(row.recorded_at),
    user: row.user_id,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    source: row.source,
  };
}

function openedOf(value: unknown): OpenedLot | null {
  if (value === null) return null;
  const from = payload(value);
  return {
    lotId: text(from, 'lotId'),
    quantity: quantity(parsed(from, 'quantity', decimal)),
    costBasis: amount(parsed(from, 'costBasis', decimal)),
  };
}

function allocationsOf(value: unknown): readonly Allocation[] {
  const from = payload(value);
  const openDates = textsOf(from['openDates']);
  const taken = textsOf(from['taken']);
  const basesOut = textsOf(from['basisOut']);
  const proceedsOf = textsOf(from['proceeds']);
  return textsOf(from['lotIds']).map((lotId, index): Allocation => {
    const basisOut = decimal(basesOut[index] ?? '');
    const proceeds = decimal(proceedsOf[index] ?? '');
    return {
      lotId,
      openDate: businessDate(openDates[index] ?? ''),
      takenQuantity: quantity(decimal(taken[index] ?? '')),
      basisOut: amount(basisOut),
      settledResetsOut: amount(ZERO),
      proceeds: amount(proceeds),
      gain: amount(proceeds - basisOut),
      rank: index + 1,
    };
  });
}

export function textsOf(value: unknown): readonly string[] {
  invariant(
    Array.isArray(value) && value.every((each) => typeof each === 'string'),
    'a stored array holds texts',
  );
  return value;
}
