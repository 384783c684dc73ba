/** What an order does to the cash of its account. */

import { DECIMAL_UNIT } from '#kernel/decimal';
import { type Amount, amount, notional, type Price, type Quantity, quantity } from '#kernel/money';
import type { CashEvent } from './cash-account.ts';
import { isOpen, type Order, type OrderEvent } from './order.ts';

/** Cash that `units` cost at most at `worstPx`: rounded up to 1e-8. */
export function worstCost(worstPx: Price, units: Quantity): Amount {
  const product = worstPx * units;
  return amount((product + DECIMAL_UNIT - 1n) / DECIMAL_UNIT);
}

/**
 * Cash that must stay reserved for an order: what its open quantity costs at worst. None for a
 * SELL.
 *
 * While a replacement is under way fills may still come on the old terms and the rest on the new,
 * so the dearest mixture counts: with a lower new price everything old first, else all on one side.
 */
export function reservedCash(order: Order): Amount {
  if (!isOpen(order) || order.protectionPx === null) return amount(0n);
  const now = worstCost(order.protectionPx, order.leavesQty);
  if (order.pending?.type !== 'REPLACE') return now;
  const { protectionPx, orderQty } = order.pending.terms;
  if (protectionPx === null || orderQty <= order.cumQty) return now;
  if (protectionPx <= order.protectionPx) {
    const added = orderQty - order.orderQty;
    if (added <= 0n) return now;
    return amount(now + worstCost(protectionPx, quantity(added)));
  }
  const then = worstCost(protectionPx, quantity(orderQty - order.cumQty));
  return then > now ? then : now;
}

/**
 * The cash event of one order event; null when it moves nothing.
 *
 * A BUY pays lastPx x lastQty, half-even to 1e-8, from its reservation. When both the cost and what
 * the rest needs are rounded up, together they can exceed the reservation by 1e-8: the buyer then
 * pays that much less, so that an account reserved to the last unit never falls below zero.
 */
export function cashEventOf(
  before: Order | null,
  event: OrderEvent,
  after: Order,
): CashEvent | null {
  const { orderId } = after;
  const held = before === null ? amount(0n) : reservedCash(before);
  const released = amount(held - reservedCash(after));
  if (event.type === 'OrderFilled') {
    const value = notional(event.lastPx, event.lastQty);
    const { execId } = event;
    if (after.side === 'SELL') {
      return value === 0n ? null : { type: 'SaleReceived', amount: value, orderId, execId };
    }
    const isInTime = after.ending === null;
    const cost = isInTime && value > released ? released : value;
    if (cost > 0n) return { type: 'PurchasePaid', amount: cost, released, orderId, execId };
  }
  if (released === 0n) return null;
  return released > 0n
    ? { type: 'CashReleased', amount: released, orderId }
    : { type: 'CashReserved', amount: amount(-released), orderId };
}
