/** All resolvers of orders; each file beside this one holds those of one concern. */

import { commandResolvers } from './command-resolvers.ts';
import { orderResolvers } from './order-resolvers.ts';
import type { Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = {
  ...orderResolvers,
  ...commandResolvers,
};
