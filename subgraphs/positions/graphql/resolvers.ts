/** All resolvers of positions; each file beside this one holds those of one concern. */

import { eventResolvers } from './event-resolvers.ts';
import { positionResolvers } from './position-resolvers.ts';
import { recordResolvers } from './record-resolvers.ts';
import type { Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = {
  ...positionResolvers,
  ...recordResolvers,
  ...eventResolvers,
};
