/** The records that tell others of a change of an order. */

import { ZERO } from '#kernel/decimal';
import { type OrderUpdated, orderUpdated } from '#kernel/topics/order-updated';
import { type TradeSubmitted, tradeSubmitted } from '#kernel/topics/trade-events';
import { invariant } from '#platform/errors';
import type { NewRecord } from '#platform/ports';
import type { Cause } from '../domain/cause.ts';
import { execTypeOf, type OrderChange, type OrderStep } from '../domain/order-change.ts';
import { executionCount } from '../domain/order-view.ts';
import { avgPx, type Order, type OrderEvent } from '../domain/order.ts';

export const orderStream = (orderId: string): string => `order:${orderId}`;

export function recordsOf(change: OrderChange, cause: Cause): readonly NewRecord[] {
  return change.steps.flatMap((step) => {
    const origin = {
      correlationId: cause.correlationId,
      causationId: `${orderStream(change.orderId)}@${step.version}`,
    };
    const update: NewRecord = {
      topic: orderUpdated.topic,
      key: change.orderId,
      type: orderUpdated.name,
      version: orderUpdated.version,
      payload: orderUpdated.encode(updateOf(step, cause)),
      ...origin,
    };
    if (step.event.type !== 'OrderFilled') return [update];
    const trade: NewRecord = {
      topic: tradeSubmitted.topic,
      key: tradeKey(step.after),
      type: tradeSubmitted.name,
      version: tradeSubmitted.version,
      payload: tradeSubmitted.encode(tradeOf(step.after, step.event)),
      ...origin,
    };
    return [update, trade];
  });
}

/** Trades of one position keep their order. */
function tradeKey({ bookId, accountId, symbol }: Order): string {
  return `${bookId}|${accountId}|${symbol}`;
}

function updateOf({ event, after, version }: OrderStep, cause: Cause): OrderUpdated {
  return {
    orderId: after.orderId,
    orderVersion: version,
    execType: execTypeOf(event),
    ordStatus: after.ordStatus,
    clOrdId: after.clOrdId,
    accountId: after.accountId,
    bookId: after.bookId,
    symbol: after.symbol,
    instrumentId: after.instrumentId,
    currency: after.currency,
    side: after.side,
    ordType: after.ordType,
    timeInForce: after.timeInForce,
    orderQty: after.orderQty,
    price: after.price,
    stopPx: after.stopPx,
    cumQty: after.cumQty,
    leavesQty: after.leavesQty,
    avgPx: avgPx(after),
    rejectReason: after.rejectReason,
    rejectMessage: after.rejectMessage,
    executionCount: executionCount(after),
    execution: executionOf(event, after),
    transactTimeMs: event.type === 'OrderFilled' ? event.transactTimeMs : cause.atMs,
    user: cause.user,
  };
}

function executionOf(event: OrderEvent, after: Order): OrderUpdated['execution'] {
  if (event.type === 'OrderFilled') {
    const { execId, lastQty, lastPx } = event;
    return { execId, lastQty, lastPx };
  }
  if (event.type !== 'FillBusted') return null;
  const busted = after.fills.find((fill) => fill.execId === event.execRefId);
  invariant(busted, 'a bust names a fill of its order');
  return { execId: event.execId, lastQty: busted.lastQty, lastPx: busted.lastPx };
}

type Filled = Extract<OrderEvent, { type: 'OrderFilled' }>;

/** The simulated broker charges nothing. */
function tradeOf(order: Order, fill: Filled): TradeSubmitted {
  invariant(order.currency !== null, 'only an order of a known instrument is filled');
  return {
    tradeId: fill.execId,
    bookId: order.bookId,
    accountId: order.accountId,
    symbol: order.symbol,
    side: order.side,
    quantity: fill.lastQty,
    price: fill.lastPx,
    currency: order.currency,
    fees: ZERO,
    effectiveDate: fill.tradeDate,
    executedAtMs: fill.transactTimeMs,
    contractId: null,
    clOrdId: order.clOrdId,
    user: order.placedBy,
  };
}
