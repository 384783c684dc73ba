/** Asks the broker to replace an order's quantity or price. */

import { formatDecimal } from '#kernel/decimal';
import { type Refusal, refuse } from '#kernel/decision';
import type { Price, Quantity } from '#kernel/money';
import type { Cause } from '../domain/cause.ts';
import { decideReplace, type ReplaceRefusal } from '../domain/decide-order.ts';
import type { VersionedOrder } from '../domain/order-change.ts';
import type { Order, ReplacementTerms } from '../domain/order.ts';
import { protectionPxOf } from '../domain/pre-trade-rules.ts';
import type { MarketView } from '../store/market-view.ts';
import type { OrderStore, OrderTransaction } from '../store/order-store.ts';
import type { BrokerPort } from './broker-port.ts';
import { requestChange, type SharedChangeReason } from './request-change.ts';

export interface ReplaceOrderDeps {
  readonly orders: OrderStore;
  readonly market: MarketView;
  readonly broker: BrokerPort;
}

export interface ReplaceOrderRequest {
  readonly clOrdId: string;
  readonly commandId: string | null;
  /** The new total; null keeps it. */
  readonly orderQty: Quantity | null;
  /** Null keeps it. */
  readonly price: Price | null;
}

type OwnReason = ReplaceRefusal | 'INSUFFICIENT_FUNDS' | 'INSUFFICIENT_HOLDINGS';
export type ReplaceRefuseReason = SharedChangeReason | OwnReason | 'TOO_LATE_TO_REPLACE';

export type ReplaceOrderResult =
  | { readonly ok: true; readonly outcome: 'REPLACED' | 'PENDING'; readonly placed: VersionedOrder }
  | {
      readonly ok: false;
      readonly reason: ReplaceRefuseReason;
      readonly message: string;
      readonly placed: VersionedOrder | null;
    };

export async function replaceOrder(
  { orders, market, broker }: ReplaceOrderDeps,
  request: ReplaceOrderRequest,
  cause: Cause,
): Promise<ReplaceOrderResult> {
  const asked = await requestChange<OwnReason>(
    orders,
    {
      command: 'replaceOrder',
      clOrdId: request.clOrdId,
      commandId: request.commandId,
      content: [textOf(request.orderQty), textOf(request.price)],
      decide: async (order, tx) => {
        const terms = await termsOf(order, request, market);
        const decision = decideReplace(order, terms);
        return decision.ok ? ((await holdingsFault(order, terms, tx)) ?? decision) : decision;
      },
      uncovered: () =>
        refuse('INSUFFICIENT_FUNDS', 'the new terms need more cash than is available'),
    },
    cause,
  );
  if (!asked.ok) return asked;
  if (asked.requested !== null) await broker.replace(asked.requested.order);
  const placed = await orders.load(asked.orderId);
  if (placed === null) throw new Error(`order ${asked.orderId} has no events`);
  const { ordStatus } = placed.order;
  if (ordStatus === 'PENDING_REPLACE') return { ok: true, outcome: 'PENDING', placed };
  if (isAsAsked(placed.order, request)) return { ok: true, outcome: 'REPLACED', placed };
  const message = `the broker could not replace it any more: the order is ${ordStatus}`;
  return { ok: false, reason: 'TOO_LATE_TO_REPLACE', message, placed };
}

async function termsOf(
  order: Order,
  { orderQty, price }: ReplaceOrderRequest,
  market: MarketView,
): Promise<ReplacementTerms> {
  const newPrice = price ?? order.price;
  const quote = order.ordType === 'MARKET' ? await market.referenceQuote(order.symbol) : null;
  const protectionPx = protectionPxOf({ ...order, price: newPrice }, quote) ?? order.protectionPx;
  return { orderQty: orderQty ?? order.orderQty, price: newPrice, protectionPx };
}

/** What a SELL adds must be held, and not promised to another order. */
async function holdingsFault(
  order: Order,
  terms: ReplacementTerms,
  tx: OrderTransaction,
): Promise<Refusal<OwnReason> | null> {
  const added = terms.orderQty - order.orderQty;
  if (order.side !== 'SELL' || order.currency === null || added <= 0n) return null;
  const { accountId, bookId, symbol, currency } = order;
  const units = await tx.availableUnits({ accountId, bookId, symbol, currency });
  if (added <= units) return null;
  return refuse(
    'INSUFFICIENT_HOLDINGS',
    `${formatDecimal(added)} more would be sold, ` +
      `${formatDecimal(units)} is held and not promised to another order`,
  );
}

function isAsAsked(order: Order, { orderQty, price }: ReplaceOrderRequest): boolean {
  return (
    (orderQty === null || order.orderQty === orderQty) && (price === null || order.price === price)
  );
}

function textOf(value: bigint | null): string | null {
  return value === null ? null : formatDecimal(value);
}
