/** All resolvers of baskets; each file beside this one holds those of one concern. */

import { basketResolvers } from './basket-resolvers.ts';
import { commandResolvers } from './command-resolvers.ts';
import type { Resolvers } from './types.generated.ts';

export const resolvers: Resolvers = { ...basketResolvers, ...commandResolvers };
