/** What market data's resolvers receive with every request. */

import type { SubgraphContext } from '#platform/subgraph';

export interface Context extends SubgraphContext {}
