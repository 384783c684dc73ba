/**
 * Every change of a position, on the topic `trade-applied`, so that all changes of a position keep
 * their order. A trade is told of as TradeApplied; everything else (busts, amendments, resets,
 * corporate actions, corrections) as PositionChanged.
 */

import { type Decimal, decimal, formatDecimal } from '../decimal.ts';
import type { EventType } from './event-type.ts';
import { type PositionFields, positionFieldsOf } from './position-fields.ts';
import { integer, oneOf, parsed, type Payload, payload, text, textOrNull } from './reading.ts';
import { TRADE_APPLIED_TOPIC } from './trade-applied.ts';

/** What both types of records say. */
export interface PositionChange extends PositionFields {
  /** Of the event in the position: 1, 2, 3, … without gaps. */
  readonly eventVersion: number;
  /** After the event; below zero when short, like the basis. */
  readonly positionQuantity: Decimal;
  readonly positionCostBasis: Decimal;
  readonly positionRealizedPnl: Decimal;
  readonly positionLotCount: number;
  readonly reliefMethod: string;
  readonly reconciliationStatus: 'RECONCILED' | 'PROVISIONAL' | 'PENDING';
  /** Who caused it: a user or a service principal. */
  readonly user: string;
}

export interface PositionChanged extends PositionChange {
  /** Type of the event; readers treat it as text. */
  readonly eventType: string;
  /** The trade that the event is about; null when it is about none. */
  readonly tradeId: string | null;
}

export const positionChanged: EventType<PositionChanged> = {
  topic: TRADE_APPLIED_TOPIC,
  name: 'PositionChanged',
  version: 1,
  encode: (event) => ({
    ...event,
    positionQuantity: formatDecimal(event.positionQuantity),
    positionCostBasis: formatDecimal(event.positionCostBasis),
    positionRealizedPnl: formatDecimal(event.positionRealizedPnl),
  }),
  parse: (value) => {
    const from = payload(value);
    return {
      ...positionChangeOf(from),
      eventType: text(from, 'eventType'),
      tradeId: textOrNull(from, 'tradeId'),
    };
  },
};

/** Reads either type of record: for whoever follows positions, whatever changes them. */
export const anyPositionChange: Pick<EventType<PositionChange>, 'topic' | 'parse'> = {
  topic: TRADE_APPLIED_TOPIC,
  parse: (value) => positionChangeOf(payload(value)),
};

function positionChangeOf(from: Payload): PositionChange {
  return {
    ...positionFieldsOf(from),
    eventVersion: integer(from, 'eventVersion'),
    positionQuantity: parsed(from, 'positionQuantity', decimal),
    positionCostBasis: parsed(from, 'positionCostBasis', decimal),
    positionRealizedPnl: parsed(from, 'positionRealizedPnl', decimal),
    positionLotCount: integer(from, 'positionLotCount'),
    reliefMethod: text(from, 'reliefMethod'),
    reconciliationStatus: oneOf(from, 'reconciliationStatus', [
      'RECONCILED',
      'PROVISIONAL',
      'PENDING',
    ]),
    user: text(from, 'user'),
  };
}
