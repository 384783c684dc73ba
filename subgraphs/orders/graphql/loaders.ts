/**
 * Batches what the resolvers of one tick ask for. Keeps nothing: the context of a subscription
 * lives for hours, and its orders move.
 */

import DataLoader from 'dataloader';
import type { CashAccount } from '../domain/cash-account.ts';
import type { OrderView } from '../domain/order-view.ts';
import type { ExecutionView, OrderDetails, OrderViews } from '../store/order-views.ts';

const MAX_LOADED_AT_ONCE = 500;
const OPTIONS = { cache: false, maxBatchSize: MAX_LOADED_AT_ONCE };

export type ReadCash = (accountIds: readonly string[]) => Promise<readonly CashAccount[]>;
export type Loaders = ReturnType<typeof createLoaders>;

export function createLoaders({
  views,
  readCash,
}: {
  readonly views: OrderViews;
  readonly readCash: ReadCash;
}) {
  return {
    orderById: new DataLoader<string, OrderView | null>(async (ids) => {
      const found = await views.byIds(ids);
      return ids.map((id) => found.get(id) ?? null);
    }, OPTIONS),

    orderByClOrdId: new DataLoader<string, OrderView | null>(async (ids) => {
      const found = await views.byClOrdIds(ids);
      return ids.map((id) => found.get(id) ?? null);
    }, OPTIONS),

    details: new DataLoader<string, OrderDetails | null>(async (ids) => {
      const found = await views.details(ids);
      return ids.map((id) => found.get(id) ?? null);
    }, OPTIONS),

    executions: new DataLoader<string, readonly ExecutionView[]>(async (ids) => {
      const found = await views.executions(ids);
      return ids.map((id) => found.get(id) ?? []);
    }, OPTIONS),

    cash: new DataLoader<string, readonly CashAccount[]>(async (ids) => {
      const found = await readCash(ids);
      return ids.map((id) => found.filter(({ accountId }) => accountId === id));
    }, OPTIONS),
  };
}
