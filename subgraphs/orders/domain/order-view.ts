/** An order as it is shown: right after its last event, or after an earlier one. */

import { price, quantity } from '#kernel/money';
import type { OrderUpdated } from '#kernel/topics/order-updated';
import {
  type ExecType,
  EXEC_TYPES,
  ORD_STATUSES,
  type OrdStatus,
  ORD_TYPES,
  TIMES_IN_FORCE,
} from './fix-words.ts';
import {
  accountId,
  avgPx,
  clOrdId,
  type ExecId,
  execId,
  type Order,
  type OrderId,
  orderId,
  type OrderRequest,
} from './order.ts';
import { ORDER_REFUSE_REASONS, type OrderRefuseReason } from './pre-trade-check.ts';

export interface OrderView extends OrderRequest {
  readonly orderId: OrderId;
  /** Number of the order's event it was read after. */
  readonly version: number;
  readonly instrumentId: string | null;
  readonly currency: string | null;
  readonly ordStatus: OrdStatus;
  readonly cumQty: bigint;
  readonly leavesQty: bigint;
  readonly avgPx: bigint | null;
  readonly rejectReason: OrderRefuseReason | null;
  readonly rejectMessage: string | null;
  /** Executions the order had by then: the first so many of all. */
  readonly executionCount: number;
}

export function viewOf(order: Order, version: number): OrderView {
  return { ...order, version, avgPx: avgPx(order), executionCount: executionCount(order) };
}

/** Fills and busts. */
export function executionCount({ fills }: Order): number {
  return fills.length + fills.filter(({ isBusted }) => isBusted).length;
}

/** One event of one order, as the topic `order-updated` tells it. */
export interface OrderUpdateView {
  readonly order: OrderView;
  readonly execType: ExecType;
  readonly execution: { execId: ExecId; lastQty: bigint; lastPx: bigint } | null;
  readonly transactTimeMs: number;
  readonly user: string;
}

/** Reads back our own words; throws on one that is not ours. */
export function updateViewOf(update: OrderUpdated): OrderUpdateView {
  const { execution, transactTimeMs, user } = update;
  return {
    order: {
      ...update,
      orderId: orderId(update.orderId),
      version: update.orderVersion,
      clOrdId: clOrdId(update.clOrdId),
      accountId: accountId(update.accountId),
      ordType: word(update.ordType, ORD_TYPES),
      timeInForce: word(update.timeInForce, TIMES_IN_FORCE),
      orderQty: quantity(update.orderQty),
      price: update.price === null ? null : price(update.price),
      stopPx: update.stopPx === null ? null : price(update.stopPx),
      ordStatus: word(update.ordStatus, ORD_STATUSES),
      rejectReason:
        update.rejectReason === null ? null : word(update.rejectReason, ORDER_REFUSE_REASONS),
    },
    execType: word(update.execType, EXEC_TYPES),
    execution: execution && { ...execution, execId: execId(execution.execId) },
    transactTimeMs,
    user,
  };
}

export function word<T extends string>(text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) throw new RangeError(`expected one of ${allowed.join(', ')}: ${text}`);
  return found;
}
