/** What cancelling and replacing share: finding the order, and asking only once. */

import { createHash } from 'node:crypto';
import type { Decision, Refusal } from '#kernel/decision';
import { payload, textOrNull } from '#kernel/topics/reading';
import type { Cause } from '../domain/cause.ts';
import { planChange, type VersionedOrder } from '../domain/order-change.ts';
import { type Order, type OrderEvent, type OrderId, orderId } from '../domain/order.ts';
import type { OrderStore, OrderTransaction } from '../store/order-store.ts';
import { retryOnConflict } from './version-conflict.ts';

export interface ChangeRequest<Reason extends string> {
  readonly command: 'cancelOrder' | 'replaceOrder';
  readonly clOrdId: string;
  /** Of the request; null: each call is a request of its own. */
  readonly commandId: string | null;
  /** What else the client said. */
  readonly content: readonly (string | null)[];
  /** In the transaction, under the lock of the account's cash. */
  readonly decide: (
    order: Order,
    tx: OrderTransaction,
  ) => Promise<Decision<OrderEvent, Reason>> | Decision<OrderEvent, Reason>;
  /** When the cash does not cover the change. */
  readonly uncovered: () => Refusal<Reason>;
}

export type SharedChangeReason = 'UNKNOWN_ORDER' | 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT';

export type ChangeRequestResult<Reason extends string> =
  /** The order waits for the broker; null when an earlier call asked already. */
  | { readonly ok: true; readonly orderId: OrderId; readonly requested: VersionedOrder | null }
  | {
      readonly ok: false;
      readonly reason: Reason | SharedChangeReason;
      readonly message: string;
      readonly placed: VersionedOrder | null;
    };

export async function requestChange<Reason extends string>(
  orders: OrderStore,
  request: ChangeRequest<Reason>,
  cause: Cause,
): Promise<ChangeRequestResult<Reason>> {
  const found = await orders.findByClOrdId(request.clOrdId);
  if (found === null) {
    const message = `no order has the clOrdId ${request.clOrdId}`;
    return { ok: false, reason: 'UNKNOWN_ORDER', message, placed: null };
  }
  const earlier = await findEarlier(orders, request, found.orderId);
  if (earlier !== null) return earlier;
  try {
    return await retryOnConflict(() => ask(orders, request, cause, found.orderId));
  } catch (error) {
    const winner = orders.isDuplicate(error)
      ? await findEarlier(orders, request, found.orderId)
      : null;
    if (winner === null) throw error;
    return winner;
  }
}

async function ask<Reason extends string>(
  orders: OrderStore,
  request: ChangeRequest<Reason>,
  cause: Cause,
  id: OrderId,
): Promise<ChangeRequestResult<Reason>> {
  const placed = await orders.load(id);
  if (placed === null) throw new Error(`order ${id} has no events`);
  return orders.inTransaction(async (tx) => {
    await tx.lockCash(placed.order.accountId);
    const decision = await request.decide(placed.order, tx);
    if (!decision.ok) return refused(decision, placed);
    const change = planChange(placed, decision.events);
    if (change === undefined) return { ok: true, orderId: id, requested: null };
    if (!(await tx.write(change, cause))) return refused(request.uncovered(), placed);
    if (request.commandId !== null) {
      await tx.rememberAnswer({
        commandId: request.commandId,
        command: request.command,
        contentHash: contentHashOf(request),
        answer: { orderId: id },
        user: cause.user,
      });
    }
    const version = placed.version + change.steps.length;
    return { ok: true, orderId: id, requested: { ...placed, order: change.after, version } };
  });
}

function refused<Reason extends string>(
  { reason, message = reason }: Refusal<Reason>,
  placed: VersionedOrder,
): ChangeRequestResult<Reason> {
  return { ok: false, reason, message, placed };
}

async function findEarlier<Reason extends string>(
  orders: OrderStore,
  request: ChangeRequest<Reason>,
  id: OrderId,
): Promise<ChangeRequestResult<Reason> | null> {
  if (request.commandId === null) return null;
  const answer = await orders.findAnswer(request.commandId);
  if (answer === null) return null;
  if (answer.command === request.command && answer.contentHash === contentHashOf(request)) {
    const stored = textOrNull(payload(answer.answer), 'orderId');
    return { ok: true, orderId: orderId(stored ?? id), requested: null };
  }
  return {
    ok: false,
    reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
    message: `commandId ${request.commandId} belongs to a command with other content`,
    placed: await orders.load(id),
  };
}

function contentHashOf({ clOrdId, content }: ChangeRequest<string>): string {
  return createHash('sha256')
    .update(JSON.stringify([clOrdId, ...content]))
    .digest('hex');
}
