/** All resolvers of baskets; each file beside this one holds those of one concern. */

import { backtestResolvers } from './backtest-resolvers.ts';
import { basketResolvers } from './basket-resolvers.ts';
import { commandResolvers } from './command-resolvers.ts';
import type { Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = {
  ...basketResolvers,
  ...commandResolvers,
  ...backtestResolvers,
  Query: { ...basketResolvers.Query, ...backtestResolvers.Query },
  Subscription: { ...basketResolvers.Subscription, ...backtestResolvers.Subscription },
  Basket: { ...basketResolvers.Basket, ...backtestResolvers.Basket },
};
