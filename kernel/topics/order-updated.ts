/**
 * Topic `order-updated`: every event of every order, keyed by orderId, with the order's figures
 * right after it, so that a reader who resumes sees each step as it was.
 */

import { type Decimal, decimal, formatDecimal } from '../decimal.ts';
import type { EventType } from './event-type.ts';
import { integer, oneOf, parsed, parsedOrNull, payload, text, textOrNull } from './reading.ts';

export const ORDER_UPDATED_TOPIC = 'order-updated';

/** Statuses and types are the words of FIX in UPPER_SNAKE; readers other than orders take text. */
export interface OrderUpdated {
  readonly orderId: string;
  /** Number of the order's event, from 1. */
  readonly orderVersion: number;
  readonly execType: string;
  readonly ordStatus: string;
  readonly clOrdId: string;
  readonly accountId: string;
  readonly bookId: string;
  readonly symbol: string;
  /** Null when no instrument has the symbol; such an order was refused. */
  readonly instrumentId: string | null;
  readonly currency: string | null;
  readonly side: 'BUY' | 'SELL';
  readonly ordType: string;
  readonly timeInForce: string;
  readonly orderQty: Decimal;
  readonly price: Decimal | null;
  readonly stopPx: Decimal | null;
  readonly cumQty: Decimal;
  readonly leavesQty: Decimal;
  readonly avgPx: Decimal | null;
  readonly rejectReason: string | null;
  readonly rejectMessage: string | null;
  /** How many executions the order has had. */
  readonly executionCount: number;
  /** The execution this update tells of; null for any other. */
  readonly execution: {
    readonly execId: string;
    readonly lastQty: Decimal;
    readonly lastPx: Decimal;
  } | null;
  readonly transactTimeMs: number;
  /** Who caused it: a user or a service principal. */
  readonly user: string;
}

export const orderUpdated: EventType<OrderUpdated> = {
  topic: ORDER_UPDATED_TOPIC,
  name: 'OrderUpdated',
  version: 1,
  encode: ({ execution, ...update }) => ({
    ...update,
    orderQty: formatDecimal(update.orderQty),
    price: textOf(update.price),
    stopPx: textOf(update.stopPx),
    cumQty: formatDecimal(update.cumQty),
    leavesQty: formatDecimal(update.leavesQty),
    avgPx: textOf(update.avgPx),
    execution: execution && {
      execId: execution.execId,
      lastQty: formatDecimal(execution.lastQty),
      lastPx: formatDecimal(execution.lastPx),
    },
  }),
  parse: (value) => {
    const from = payload(value);
    return {
      orderId: text(from, 'orderId'),
      orderVersion: integer(from, 'orderVersion'),
      execType: text(from, 'execType'),
      ordStatus: text(from, 'ordStatus'),
      clOrdId: text(from, 'clOrdId'),
      accountId: text(from, 'accountId'),
      bookId: text(from, 'bookId'),
      symbol: text(from, 'symbol'),
      instrumentId: textOrNull(from, 'instrumentId'),
      currency: textOrNull(from, 'currency'),
      side: oneOf(from, 'side', ['BUY', 'SELL']),
      ordType: text(from, 'ordType'),
      timeInForce: text(from, 'timeInForce'),
      orderQty: parsed(from, 'orderQty', decimal),
      price: parsedOrNull(from, 'price', decimal),
      stopPx: parsedOrNull(from, 'stopPx', decimal),
      cumQty: parsed(from, 'cumQty', decimal),
      leavesQty: parsed(from, 'leavesQty', decimal),
      avgPx: parsedOrNull(from, 'avgPx', decimal),
      rejectReason: textOrNull(from, 'rejectReason'),
      rejectMessage: textOrNull(from, 'rejectMessage'),
      executionCount: integer(from, 'executionCount'),
      execution: from['execution'] === null ? null : executionOf(from['execution']),
      transactTimeMs: integer(from, 'transactTimeMs'),
      user: text(from, 'user'),
    };
  },
};

function executionOf(value: unknown): OrderUpdated['execution'] {
  const from = payload(value);
  return {
    execId: text(from, 'execId'),
    lastQty: parsed(from, 'lastQty', decimal),
    lastPx: parsed(from, 'lastPx', decimal),
  };
}

function textOf(value: bigint | null): string | null {
  return value === null ? null : formatDecimal(value);
}
