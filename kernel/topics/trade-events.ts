/** Topic `trade-events`: trades on their way to the positions, keyed by account and instrument. */

import { type BusinessDate, businessDate } from '../business-date.ts';
import { type Decimal, decimal, formatDecimal } from '../decimal.ts';
import type { EventType } from './event-type.ts';
import { integer, oneOf, parsed, payload, text, textOrNull } from './reading.ts';

export const TRADE_EVENTS_TOPIC = 'trade-events';

export interface TradeSubmitted {
  /** Unique for ever; the same id twice counts once. */
  readonly tradeId: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly currency: string;
  /** Total fees of the trade in `currency`, zero or more. */
  readonly fees: Decimal;
  readonly effectiveDate: BusinessDate;
  readonly executedAtMs: number;
  readonly contractId: string | null;
  /** The order's ClOrdID when the trade is a fill. */
  readonly clOrdId: string | null;
  /** Who caused it: a user or a service principal. */
  readonly user: string;
}

export const tradeSubmitted: EventType<TradeSubmitted> = {
  topic: TRADE_EVENTS_TOPIC,
  name: 'TradeSubmitted',
  version: 1,
  encode: (trade) => ({
    ...trade,
    quantity: formatDecimal(trade.quantity),
    price: formatDecimal(trade.price),
    fees: formatDecimal(trade.fees),
  }),
  parse: (value) => {
    const from = payload(value);
    return {
      tradeId: text(from, 'tradeId'),
      bookId: text(from, 'bookId'),
      accountId: text(from, 'accountId'),
      symbol: text(from, 'symbol'),
      side: oneOf(from, 'side', ['BUY', 'SELL']),
      quantity: parsed(from, 'quantity', decimal),
      price: parsed(from, 'price', decimal),
      currency: text(from, 'currency'),
      fees: parsed(from, 'fees', decimal),
      effectiveDate: parsed(from, 'effectiveDate', businessDate),
      executedAtMs: integer(from, 'executedAtMs'),
      contractId: textOrNull(from, 'contractId'),
      clOrdId: textOrNull(from, 'clOrdId'),
      user: text(from, 'user'),
    };
  },
};
