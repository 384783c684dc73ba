/** An order to tell stories with in tests: every field can be told differently. */

import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { currencyCode, price, quantity } from '#kernel/money';
import { decide, type OrderCommand, type OrderDecision } from './decide-order.ts';
import {
  accountId,
  clOrdId,
  evolve,
  execId,
  initialOrder,
  type Order,
  orderId,
  type OrderEvent,
  type OrderTerms,
} from './order.ts';

export const TRADE_DATE = businessDate('2026-11-20');
/** 2026-11-20T14:30:00Z. */
export const TRANSACT_TIME_MS = 1_795_185_000_000;

export const units = (text: string) => quantity(decimal(text));
export const at = (text: string) => price(decimal(text));

export function exampleTerms(changes: Partial<OrderTerms> = {}): OrderTerms {
  return {
    orderId: orderId('ord_1'),
    clOrdId: clOrdId('ORD-0001'),
    accountId: accountId('ACC-7'),
    bookId: 'BOOK-1',
    symbol: 'AAPL',
    instrumentId: 'ins_AAPL',
    currency: currencyCode('USD'),
    side: 'BUY',
    ordType: 'LIMIT',
    timeInForce: 'DAY',
    orderQty: units('1000'),
    price: at('10.05'),
    stopPx: null,
    protectionPx: at('10.05'),
    tradeDate: TRADE_DATE,
    expiresOn: TRADE_DATE,
    placedBy: 'trader',
    ...changes,
  };
}

export const submitted = (changes: Partial<OrderTerms> = {}): OrderEvent => ({
  type: 'OrderSubmitted',
  terms: exampleTerms(changes),
  checks: [],
});
export const acknowledged: OrderEvent = { type: 'OrderAcknowledged' };

export const filled = (id: string, lastQty: string, lastPx: string): OrderEvent => ({
  type: 'OrderFilled',
  execId: execId(id),
  lastQty: units(lastQty),
  lastPx: at(lastPx),
  transactTimeMs: TRANSACT_TIME_MS,
  tradeDate: TRADE_DATE,
});

export const reportFill = (id: string, lastQty: string, lastPx: string): OrderCommand => ({
  type: 'ReportFill',
  execId: execId(id),
  lastQty: units(lastQty),
  lastPx: at(lastPx),
  transactTimeMs: TRANSACT_TIME_MS,
  tradeDate: TRADE_DATE,
});

export const replaceWith = (orderQty: string, limit = '10.05'): OrderCommand => ({
  type: 'RequestReplace',
  terms: { orderQty: units(orderQty), price: at(limit), protectionPx: at(limit) },
});

export function orderAfter(...past: readonly OrderEvent[]): Order | null {
  return past.reduce<Order | null>(evolve, initialOrder);
}

export const given = (...past: readonly OrderEvent[]) => ({
  when: (command: OrderCommand): OrderDecision => decide(orderAfter(...past), command),
});
