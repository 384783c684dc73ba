/** What the world is told of an event, in the statement that writes it. */

import { ZERO } from '#kernel/decimal';
import { amount } from '#kernel/money';
import { lateEventRecorded } from '#kernel/topics/backdated-trades';
import type { EventType } from '#kernel/topics/event-type';
import { type LotsDelivered, lotsDelivered } from '#kernel/topics/lots-delivered';
import { positionChanged } from '#kernel/topics/position-changed';
import { positionCorrected } from '#kernel/topics/position-corrected';
import { tradeApplied, type TradeAppliedToPosition } from '#kernel/topics/trade-applied';
import { tradeIdIn } from '../domain/event-contents.ts';
import type { Position } from '../domain/position.ts';
import type { PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { correctionRecordOf, fieldsOf, lateRecordOf } from './late-records.ts';

export interface WrittenEvent {
  readonly key: PositionKey;
  readonly event: PositionEvent;
  /** The position right after the event. */
  readonly after: Position;
  readonly user: string;
}

export interface OutboxRecord {
  readonly topic: string;
  readonly type: string;
  readonly version: number;
  /** JSON text. */
  readonly payload: string;
}

/** The one record that every event has. */
export function changeRecordOf(written: WrittenEvent): OutboxRecord {
  const { key, event, after, user } = written;
  if (isTradeEvent(event)) return record(tradeApplied, tradeAppliedOf(written, event));
  return record(positionChanged, {
    ...fieldsOf(key),
    eventVersion: after.version,
    positionQuantity: after.quantity,
    positionCostBasis: after.costBasis,
    positionRealizedPnl: after.realizedPnl,
    positionLotCount: after.lots.length,
    reliefMethod: after.reliefMethod,
    reconciliationStatus: after.reconciliationStatus,
    eventType: event.type,
    tradeId: tradeIdIn(event),
    user,
  });
}

/** For the cold path what came late, for everybody what was corrected; of most events nothing. */
export function furtherRecordsOf(written: WrittenEvent): readonly OutboxRecord[] {
  const late = lateRecordOf(written);
  if (late !== null) return [record(lateEventRecorded, late)];
  const delivery = deliveryRecordOf(written);
  if (delivery !== null) return [record(lotsDelivered, delivery)];
  const correction = correctionRecordOf(written);
  return correction === null ? [] : [record(positionCorrected, correction)];
}

/** What a late action delivers is known when it is corrected: the correction tells of it. */
function deliveryRecordOf({ key, event, after }: WrittenEvent): LotsDelivered | null {
  if (event.type !== 'CORPORATE_ACTION_APPLIED' || event.delivered === null) return null;
  const { actionId } = event.action;
  return { ...fieldsOf(key), eventVersion: after.version, actionId };
}

function record<Event>(
  { topic, name, version, encode }: EventType<Event>,
  event: Event,
): OutboxRecord {
  return { topic, type: name, version, payload: JSON.stringify(encode(event)) };
}

const TRADE_EVENT_TYPES = [
  'TRADE_APPLIED',
  'PROVISIONAL_TRADE_APPLIED',
  'FORWARD_TRADE_BOOKED',
  'FORWARD_TRADE_EFFECTIVE',
] as const satisfies readonly PositionEvent['type'][];

type TradeEvent = Extract<PositionEvent, { readonly type: (typeof TRADE_EVENT_TYPES)[number] }>;

function isTradeEvent(event: PositionEvent): event is TradeEvent {
  return TRADE_EVENT_TYPES.some((type) => type === event.type);
}

function tradeAppliedOf(
  { key, after, user }: WrittenEvent,
  event: TradeEvent,
): TradeAppliedToPosition {
  const { trade } = event;
  // Written out: it is made for every trade, and spreading is slow.
  return {
    positionKey: key.text,
    bookId: key.bookId,
    accountId: key.accountId,
    contractId: key.contractId,
    instrumentId: key.instrumentId,
    symbol: key.symbol,
    currency: key.currency,
    eventVersion: after.version,
    tradeId: trade.tradeId,
    clOrdId: trade.clOrdId,
    side: trade.side,
    quantity: trade.quantity,
    price: trade.price,
    fees: trade.fees,
    effectiveDate: trade.effectiveDate,
    classification: 'classification' in event ? event.classification : 'FORWARD_DATED',
    tradeRealizedPnl: 'realizedPnl' in event ? event.realizedPnl : NO_GAIN,
    positionQuantity: after.quantity,
    positionCostBasis: after.costBasis,
    positionRealizedPnl: after.realizedPnl,
    positionLotCount: after.lots.length,
    reliefMethod: after.reliefMethod,
    reconciliationStatus: after.reconciliationStatus,
    user,
  };
}

const NO_GAIN = amount(ZERO);
