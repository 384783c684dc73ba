/** All resolvers of market data; each file beside this one holds those of one concern. */

import { historyResolvers } from './history-resolvers.ts';
import { instrumentResolvers } from './instrument-resolvers.ts';
import { liveResolvers } from './live-resolvers.ts';
import type { Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = {
  Query: { ...instrumentResolvers.Query, ...historyResolvers.Query, ...liveResolvers.Query },
  Mutation: { ...instrumentResolvers.Mutation, ...liveResolvers.Mutation },
  Subscription: liveResolvers.Subscription,
  Instrument: instrumentResolvers.Instrument,
  PriceTick: liveResolvers.PriceTick,
};
