/** Asks the broker to cancel what is left of an order. */

import type { Cause } from '../domain/cause.ts';
import { type CancelRefusal, decideCancel } from '../domain/decide-order.ts';
import type { VersionedOrder } from '../domain/order-change.ts';
import type { OrderStore } from '../store/order-store.ts';
import type { BrokerPort } from './broker-port.ts';
import { requestChange, type SharedChangeReason } from './request-change.ts';

export interface CancelOrderDeps {
  readonly orders: OrderStore;
  readonly broker: BrokerPort;
}

export type CancelRefuseReason = SharedChangeReason | CancelRefusal | 'TOO_LATE_TO_CANCEL';

export type CancelOrderResult =
  /** PENDING: the broker has taken the request and not answered it yet. */
  | { readonly ok: true; readonly outcome: 'CANCELED' | 'PENDING'; readonly placed: VersionedOrder }
  | {
      readonly ok: false;
      readonly reason: CancelRefuseReason;
      readonly message: string;
      readonly placed: VersionedOrder | null;
    };

export async function cancelOrder(
  { orders, broker }: CancelOrderDeps,
  { clOrdId, commandId }: { readonly clOrdId: string; readonly commandId: string | null },
  cause: Cause,
): Promise<CancelOrderResult> {
  const asked = await requestChange<CancelRefusal>(
    orders,
    {
      command: 'cancelOrder',
      clOrdId,
      commandId,
      content: [],
      decide: decideCancel,
      uncovered: () => {
        throw new Error('asking for a cancel takes no cash');
      },
    },
    cause,
  );
  if (!asked.ok) return asked;
  if (asked.requested !== null) await broker.cancel(asked.requested.order);
  const placed = await orders.load(asked.orderId);
  if (placed === null) throw new Error(`order ${asked.orderId} has no events`);
  const { ordStatus } = placed.order;
  if (ordStatus === 'CANCELED') return { ok: true, outcome: 'CANCELED', placed };
  if (ordStatus === 'PENDING_CANCEL') return { ok: true, outcome: 'PENDING', placed };
  const message = `the broker could not cancel it any more: the order is ${ordStatus}`;
  return { ok: false, reason: 'TOO_LATE_TO_CANCEL', message, placed };
}
