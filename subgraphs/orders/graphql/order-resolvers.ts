/** Orders, executions and cash: what can be read and followed. */

import { connectionOf, pageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import type { TailEvent } from '#platform/event-log/tail-reader';
import { available } from '../domain/cash-account.ts';
import type { OrderUpdateView, OrderView } from '../domain/order-view.ts';
import type { OrderDetails } from '../store/order-views.ts';
import type { Context } from './context.ts';
import { isClientId, matches, readAccountId, readArrival, readFilter } from './read-input.ts';
import type { Resolvers } from './types.generated.ts';

const ORDER_PAGE = { list: 'orders', defaultFirst: 50, keyParts: 1 };

export const orderResolvers = {
  Query: {
    order: (_root, { clOrdId }, { loaders }) =>
      isClientId(clOrdId) ? loaders.orderByClOrdId.load(clOrdId) : null,

    orders: async (_root, { filter, ...args }, { deps }) => {
      const page = pageRequest(args, ORDER_PAGE);
      const rows = await deps.views.list(readFilter(filter), {
        before: readArrival(page),
        limit: page.first + 1,
      });
      return connectionOf(rows, page, {
        keyOf: ({ arrival }) => [String(arrival)],
        nodeOf: ({ order }) => order,
      });
    },

    account: async (_root, args, { loaders }) => {
      const id = readAccountId(args.accountId);
      const balances = await loaders.cash.load(id);
      return balances.length === 0 ? null : { id };
    },
  },

  Subscription: {
    orderUpdated: {
      subscribe: (_root, { filter, after }, { deps }) => {
        const wants = matches(readFilter(filter));
        return deps.updates.follow({ after: after ?? null, wants: ({ order }) => wants(order) });
      },
      resolve: ({ sequence, event }: TailEvent<OrderUpdateView>) => ({ ...event, sequence }),
    },
  },

  Order: {
    __resolveReference: ({ id }, { loaders }) => loaders.orderById.load(id),
    id: ({ orderId }) => orderId,
    instrument: ({ instrumentId }) => (instrumentId === null ? null : { id: instrumentId }),
    // An order shown as it was has the executions it had.
    executions: async ({ orderId, executionCount }, _args, { loaders }) =>
      (await loaders.executions.load(orderId)).filter(
        ({ executionNo }) => executionNo <= executionCount,
      ),
    checks: async (order, _args, context) => (await detailsOf(order, context)).checks,
    protectionPx: async (order, _args, context) => (await detailsOf(order, context)).protectionPx,
    alarm: async (order, _args, context) => (await detailsOf(order, context)).alarm,
    placedBy: async (order, _args, context) => (await detailsOf(order, context)).placedBy,
    placedAt: async (order, _args, context) => (await detailsOf(order, context)).placedAtMs,
  },

  Execution: {
    transactTime: ({ transactTimeMs }) => transactTimeMs,
  },

  OrderUpdate: {
    execId: ({ execution }) => execution?.execId ?? null,
    lastQty: ({ execution }) => execution?.lastQty ?? null,
    lastPx: ({ execution }) => execution?.lastPx ?? null,
    transactTime: ({ transactTimeMs }) => transactTimeMs,
  },

  Account: {
    balances: async ({ id }, _args, { loaders }) => [...(await loaders.cash.load(id))],
  },

  CashBalance: {
    balance: ({ balance, currency }) => ({ amount: balance, currency }),
    reserved: ({ reserved, currency }) => ({ amount: reserved, currency }),
    available: (account) => ({ amount: available(account), currency: account.currency }),
  },
} satisfies Resolvers;

async function detailsOf({ orderId }: OrderView, { loaders }: Context): Promise<OrderDetails> {
  const details = await loaders.details.load(orderId);
  invariant(details, `order ${orderId} has a snapshot`);
  return details;
}
