/** A change of one order, worked out in full before anything is written. */

import type { CashEvent } from './cash-account.ts';
import type { ExecType } from './fix-words.ts';
import { evolve, type Order, type OrderEvent, type OrderId } from './order.ts';
import { cashEventOf } from './order-cash.ts';

/** An order, and how many events led to it. */
export interface VersionedOrder {
  readonly order: Order;
  readonly version: number;
  /** Of the request that placed it: its fills carry the same. */
  readonly correlationId: string;
}

export interface OrderStep {
  readonly event: OrderEvent;
  readonly version: number;
  readonly after: Order;
  readonly cash: CashEvent | null;
}

export interface OrderChange {
  readonly orderId: OrderId;
  /** Zero for a new order. */
  readonly fromVersion: number;
  /** One per event, at least one. */
  readonly steps: readonly OrderStep[];
  readonly after: Order;
}

/** Undefined when there are no events. */
export function planChange(
  from: VersionedOrder | null,
  events: readonly OrderEvent[],
): OrderChange | undefined {
  const steps: OrderStep[] = [];
  let before = from?.order ?? null;
  const fromVersion = from?.version ?? 0;
  for (const event of events) {
    const after = evolve(before, event);
    const version = fromVersion + steps.length + 1;
    steps.push({ event, version, after, cash: cashEventOf(before, event, after) });
    before = after;
  }
  if (before === null || steps.length === 0) return undefined;
  return { orderId: before.orderId, fromVersion, steps, after: before };
}

/** ExecType of the report that tells of an event; a refused request restates the order's status. */
export function execTypeOf(event: OrderEvent): ExecType {
  switch (event.type) {
    case 'OrderSubmitted':
      return 'PENDING_NEW';
    case 'OrderRejected':
      return 'REJECTED';
    case 'OrderAcknowledged':
      return 'NEW';
    case 'OrderFilled':
      return 'TRADE';
    case 'FillBusted':
      return 'TRADE_CANCEL';
    case 'CancelRequested':
      return 'PENDING_CANCEL';
    case 'CancelRefused':
    case 'ReplaceRefused':
      return 'ORDER_STATUS';
    case 'OrderCanceled':
      return 'CANCELED';
    case 'ReplaceRequested':
      return 'PENDING_REPLACE';
    case 'OrderReplaced':
      return 'REPLACED';
    case 'OrderExpired':
      return 'EXPIRED';
  }
}
