/** All resolvers of baskets; each file beside this one holds those of one concern. */

import { backtestResolvers } from './backtest-resolvers.ts';
import { basketResolvers } from './basket-resolvers.ts';
import { commandResolvers } from './command-resolvers.ts';
import { levelResolvers } from './level-resolvers.ts';
import { vendorResolvers } from './vendor-resolvers.ts';
import type { Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = {
  ...basketResolvers,
  ...commandResolvers,
  ...backtestResolvers,
  ...vendorResolvers,
  Query: { ...basketResolvers.Query, ...backtestResolvers.Query, ...vendorResolvers.Query },
  Mutation: { ...commandResolvers.Mutation, ...levelResolvers.Mutation },
  Subscription: {
    ...basketResolvers.Subscription,
    ...backtestResolvers.Subscription,
    ...levelResolvers.Subscription,
    ...vendorResolvers.Subscription,
  },
  Basket: {
    ...basketResolvers.Basket,
    ...backtestResolvers.Basket,
    ...levelResolvers.Basket,
    ...vendorResolvers.Basket,
  },
};
