/** The rooms of the house, by name. */

import type { PlatformParts, Subgraph, SubgraphName } from '#platform/subgraph';
import { buildBaskets } from '../subgraphs/baskets/main.ts';
import { buildMarketData } from '../subgraphs/market-data/main.ts';
import { buildOrders } from '../subgraphs/orders/main.ts';
import { buildPositions } from '../subgraphs/positions/main.ts';
import { buildRisk } from '../subgraphs/risk/main.ts';

/** In the order in which they start: each reads what the ones before it publish. */
export const SUBGRAPH_BUILDERS: Readonly<Record<SubgraphName, (parts: PlatformParts) => Subgraph>> =
  {
    'market-data': buildMarketData,
    positions: buildPositions,
    orders: buildOrders,
    baskets: buildBaskets,
    risk: buildRisk,
  };

export const SUBGRAPH_NAMES = Object.keys(SUBGRAPH_BUILDERS) as readonly SubgraphName[];
