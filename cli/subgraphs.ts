/** The rooms of the house, by name. */

import type { PlatformParts, Subgraph, SubgraphName } from '#platform/subgraph';

type Build = (parts: PlatformParts) => Subgraph;

/**
 * In the order in which they start: each reads what the ones before it publish. Loaded when they
 * are built: a process that serves one of them, or a gateway alone, starts without the others.
 */
export const SUBGRAPH_BUILDERS: Readonly<Record<SubgraphName, () => Promise<Build>>> = {
  'market-data': async () => (await import('../subgraphs/market-data/main.ts')).buildMarketData,
  positions: async () => (await import('../subgraphs/positions/main.ts')).buildPositions,
  orders: async () => (await import('../subgraphs/orders/main.ts')).buildOrders,
  baskets: async () => (await import('../subgraphs/baskets/main.ts')).buildBaskets,
  risk: async () => (await import('../subgraphs/risk/main.ts')).buildRisk,
};

export const SUBGRAPH_NAMES = Object.keys(SUBGRAPH_BUILDERS) as readonly SubgraphName[];
