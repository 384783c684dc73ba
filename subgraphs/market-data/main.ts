/** Builds market data from the platform's parts: repositories, use cases, schema, life cycle. */

import { drizzle } from 'drizzle-orm/postgres-js';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import type { Context, Deps } from './graphql/context.ts';
import { createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createBarRepository } from './store/bars.ts';
import { createInstrumentRepository } from './store/instruments.ts';

export function buildMarketData(parts: PlatformParts): Subgraph {
  const instruments = createInstrumentRepository(drizzle(parts.sql));
  const bars = createBarRepository(parts.sql);
  const deps: Deps = { instruments };

  return {
    name: 'market-data',
    schema: buildSchemaOf(new URL('./market-data.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      loaders: createLoaders({ instruments, bars }),
    }),
    start: async () => undefined,
    stop: async () => undefined,
  };
}
