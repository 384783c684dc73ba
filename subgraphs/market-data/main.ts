/** Builds market data from the platform's parts: repositories, use cases, schema, life cycle. */

import { drizzle } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import type { Clock } from '#platform/clock';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import type { Context } from './graphql/context.ts';
import { createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createBarRepository } from './store/bars.ts';
import { createFxFixingRepository } from './store/fx-fixings.ts';
import { openHistoryFile } from './store/history-file.ts';
import { createImportRunRepository } from './store/import-runs.ts';
import { createInstrumentRepository } from './store/instruments.ts';
import { createPriceSeriesRepository } from './store/price-series.ts';
import { findSampleData } from './store/sample-files.ts';
import { importSampleData } from './use-cases/import-sample-data.ts';
import { recoverImports } from './use-cases/recover-imports.ts';

export function buildMarketData(parts: PlatformParts): Subgraph {
  const { config, logger } = parts;
  const history = buildHistory(parts);

  return {
    name: 'market-data',
    schema: buildSchemaOf(new URL('./market-data.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps: history,
      loaders: createLoaders(history),
    }),

    async start() {
      const abandoned = await recoverImports(history);
      if (abandoned > 0) logger.warn({ abandoned }, 'imports of a process that died are failed');
      if (!config.importsSampleData) return;
      for (const run of await importSampleData(history, findSampleData())) {
        logger.info({ ...run, faults: run.faults.slice(0, 3) }, 'sample data imported');
      }
    },

    stop: async () => undefined,
  };
}

/** What the use cases of history need; `npm run import` builds them without the rest. */
export function buildHistory({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }) {
  return {
    instruments: createInstrumentRepository(drizzle(sql)),
    bars: createBarRepository(sql),
    priceSeries: createPriceSeriesRepository(sql),
    fxFixings: createFxFixingRepository(sql),
    importRuns: createImportRunRepository(sql),
    openHistoryFile,
    clock,
  };
}
