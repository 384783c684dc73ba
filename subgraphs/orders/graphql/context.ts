/** What the resolvers of orders receive with every request. */

import type { TopicTail } from '#platform/event-log/topic-tail';
import type { SubgraphContext } from '#platform/subgraph';
import type { OrderUpdateView } from '../domain/order-view.ts';
import type { OrderStore } from '../store/order-store.ts';
import type { OrderViews } from '../store/order-views.ts';
import type { PlaceOrderDeps } from '../use-cases/place-order.ts';
import type { ReplaceOrderDeps } from '../use-cases/replace-order.ts';
import type { Loaders } from './loaders.ts';

export interface Deps extends PlaceOrderDeps, ReplaceOrderDeps {
  readonly orders: OrderStore;
  readonly views: OrderViews;
  readonly updates: Pick<TopicTail<OrderUpdateView>, 'follow'>;
}

export interface Context extends SubgraphContext {
  readonly deps: Deps;
  readonly loaders: Loaders;
}
