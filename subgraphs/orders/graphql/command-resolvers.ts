/** What traders and cash keepers may do. */

import { amount, price, quantity } from '#kernel/money';
import type { VersionedOrder } from '../domain/order-change.ts';
import { type OrderView, viewOf } from '../domain/order-view.ts';
import { cancelOrder } from '../use-cases/cancel-order.ts';
import { depositCash } from '../use-cases/deposit-cash.ts';
import { placeOrder } from '../use-cases/place-order.ts';
import { replaceOrder } from '../use-cases/replace-order.ts';
import { causeOf, readAccountId, readClientId, readOrder } from './read-input.ts';
import type { Resolvers } from './types.generated.ts';

export const commandResolvers = {
  Mutation: {
    placeOrder: async (_root, { input }, { deps, request }) => {
      const cause = causeOf(request, deps.clock.nowMs());
      const result = await placeOrder(deps, readOrder(input), cause);
      const order = presentOrder(result.placed);
      if (!result.ok) {
        const { reason, message } = result;
        return { __typename: 'OrderRefused', reason, message, order };
      }
      return { __typename: 'OrderAccepted', order, duplicate: result.isRepeated };
    },

    cancelOrder: async (_root, { input }, { deps, request }) => {
      const cause = causeOf(request, deps.clock.nowMs());
      const clOrdId = readClientId('clOrdId', input.clOrdId);
      const commandId = readCommandId(input.commandId);
      const result = await cancelOrder(deps, { clOrdId, commandId }, cause);
      if (!result.ok) {
        const { reason, message, placed } = result;
        return { __typename: 'OrderCancelRefused', reason, message, order: orderOrNull(placed) };
      }
      const order = presentOrder(result.placed);
      return result.outcome === 'CANCELED'
        ? { __typename: 'OrderCanceled', order }
        : { __typename: 'OrderCancelPending', order };
    },

    replaceOrder: async (_root, { input }, { deps, request }) => {
      const cause = causeOf(request, deps.clock.nowMs());
      const clOrdId = readClientId('clOrdId', input.clOrdId);
      const { orderQty, price: limit } = input;
      const result = await replaceOrder(
        deps,
        {
          clOrdId,
          commandId: readCommandId(input.commandId),
          orderQty: orderQty === null || orderQty === undefined ? null : quantity(orderQty),
          price: limit === null || limit === undefined ? null : price(limit),
        },
        cause,
      );
      if (!result.ok) {
        const { reason, message, placed } = result;
        return { __typename: 'OrderReplaceRefused', reason, message, order: orderOrNull(placed) };
      }
      const order = presentOrder(result.placed);
      return result.outcome === 'REPLACED'
        ? { __typename: 'OrderReplaced', order }
        : { __typename: 'OrderReplacePending', order };
    },

    depositCash: async (_root, { input }, { deps, request }) => {
      const cause = causeOf(request, deps.clock.nowMs());
      const id = readAccountId(input.accountId);
      const deposit = {
        accountId: id,
        amount: amount(input.amount),
        currency: input.currency,
        commandId: readClientId('commandId', input.commandId),
      };
      const result = await depositCash(deps, deposit, cause);
      if (!result.ok) {
        return { __typename: 'DepositRefused', reason: result.reason, message: result.message };
      }
      return {
        __typename: 'CashDeposited',
        account: { id },
        deposited: { amount: deposit.amount, currency: deposit.currency },
        duplicate: result.isRepeated,
      };
    },
  },
} satisfies Resolvers;

function readCommandId(commandId: string | null | undefined): string | null {
  return commandId === null || commandId === undefined
    ? null
    : readClientId('commandId', commandId);
}

function presentOrder({ order, version }: VersionedOrder): OrderView {
  return viewOf(order, version);
}

function orderOrNull(placed: VersionedOrder | null): OrderView | null {
  return placed === null ? null : presentOrder(placed);
}
