/** Topic `trade-applied`: every trade counted in a position, by position, in version order. */

import { type BusinessDate, businessDate } from '../business-date.ts';
import { type Decimal, decimal, formatDecimal } from '../decimal.ts';
import type { EventType } from './event-type.ts';
import { integer, oneOf, parsed, payload, text, textOrNull } from './reading.ts';

export const TRADE_APPLIED_TOPIC = 'trade-applied';

export interface TradeAppliedToPosition {
  readonly positionKey: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly contractId: string | null;
  readonly instrumentId: string;
  readonly symbol: string;
  /** Of the position: of price, fees, basis and gains. */
  readonly currency: string;
  /** Of the event in the position: 1, 2, 3, … without gaps. */
  readonly eventVersion: number;
  readonly tradeId: string;
  /** The order's ClOrdID when the trade is a fill. */
  readonly clOrdId: string | null;
  readonly side: 'BUY' | 'SELL';
  /** Of the trade, above zero. */
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly fees: Decimal;
  readonly effectiveDate: BusinessDate;
  readonly classification: 'CURRENT_DATED' | 'FORWARD_DATED' | 'BACKDATED';
  /** Gain of this trade alone. */
  readonly tradeRealizedPnl: Decimal;
  /** After the trade; below zero when short, like the basis. */
  readonly positionQuantity: Decimal;
  readonly positionCostBasis: Decimal;
  readonly positionRealizedPnl: Decimal;
  readonly positionLotCount: number;
  readonly reliefMethod: string;
  readonly reconciliationStatus: 'RECONCILED' | 'PROVISIONAL' | 'PENDING';
  /** Who caused it: a user or a service principal. */
  readonly user: string;
}

export const tradeApplied: EventType<TradeAppliedToPosition> = {
  topic: TRADE_APPLIED_TOPIC,
  name: 'TradeApplied',
  version: 1,
  // Written out: it is made for every trade, and spreading is slow.
  encode: (event) => ({
    positionKey: event.positionKey,
    bookId: event.bookId,
    accountId: event.accountId,
    contractId: event.contractId,
    instrumentId: event.instrumentId,
    symbol: event.symbol,
    currency: event.currency,
    eventVersion: event.eventVersion,
    tradeId: event.tradeId,
    clOrdId: event.clOrdId,
    side: event.side,
    quantity: formatDecimal(event.quantity),
    price: formatDecimal(event.price),
    fees: formatDecimal(event.fees),
    effectiveDate: event.effectiveDate,
    classification: event.classification,
    tradeRealizedPnl: formatDecimal(event.tradeRealizedPnl),
    positionQuantity: formatDecimal(event.positionQuantity),
    positionCostBasis: formatDecimal(event.positionCostBasis),
    positionRealizedPnl: formatDecimal(event.positionRealizedPnl),
    positionLotCount: event.positionLotCount,
    reliefMethod: event.reliefMethod,
    reconciliationStatus: event.reconciliationStatus,
    user: event.user,
  }),
  parse: (value) => {
    const from = payload(value);
    return {
      positionKey: text(from, 'positionKey'),
      bookId: text(from, 'bookId'),
      accountId: text(from, 'accountId'),
      contractId: textOrNull(from, 'contractId'),
      instrumentId: text(from, 'instrumentId'),
      symbol: text(from, 'symbol'),
      currency: text(from, 'currency'),
      eventVersion: integer(from, 'eventVersion'),
      tradeId: text(from, 'tradeId'),
      clOrdId: textOrNull(from, 'clOrdId'),
      side: oneOf(from, 'side', ['BUY', 'SELL']),
      quantity: parsed(from, 'quantity', decimal),
      price: parsed(from, 'price', decimal),
      fees: parsed(from, 'fees', decimal),
      effectiveDate: parsed(from, 'effectiveDate', businessDate),
      classification: oneOf(from, 'classification', [
        'CURRENT_DATED',
        'FORWARD_DATED',
        'BACKDATED',
      ]),
      tradeRealizedPnl: parsed(from, 'tradeRealizedPnl', decimal),
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
  },
};
