/** Builds market data from the platform's parts: repositories, use cases, schema, life cycle. */

import { drizzle } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import { parseCurrencyCode } from '#kernel/money';
import type { Clock } from '#platform/clock';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import { type Instrument, parseSymbol, unknownInstrument } from './domain/instrument.ts';
import type { Context } from './graphql/context.ts';
import { createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createBarChangeStore } from './store/bar-changes.ts';
import { createBarRepository } from './store/bars.ts';
import { createExchangeSessionRepository } from './store/exchange-sessions.ts';
import { createFxFixingRepository } from './store/fx-fixings.ts';
import { openHistoryFile } from './store/history-file.ts';
import { createImportRunRepository } from './store/import-runs.ts';
import { createInstrumentRepository, type InstrumentRepository } from './store/instruments.ts';
import { createPriceSeriesRepository } from './store/price-series.ts';
import { createQuarantineRepository } from './store/quarantine.ts';
import { findSampleData } from './store/sample-files.ts';
import { createTickInstrumentRepository } from './store/tick-instruments.ts';
import { createTickPastRepository } from './store/tick-past.ts';
import { createTickRepository } from './store/tick-repository.ts';
import { importSampleData } from './use-cases/import-sample-data.ts';
import { recoverImports } from './use-cases/recover-imports.ts';
import {
  type BarChangeRetention,
  startBarChangeRetention,
} from './workers/bar-change-retention.ts';
import type { FeedInstrument } from './workers/feed.ts';
import { createLiveMarketData } from './workers/live-market-data.ts';

export function buildMarketData(parts: PlatformParts): Subgraph {
  const { config, logger } = parts;
  const history = buildHistory(parts);
  const { live, quarantine } = buildLive(parts, history.instruments);
  const deps = { ...history, live, quarantine };
  let retention: BarChangeRetention | undefined;

  return {
    name: 'market-data',
    schema: buildSchemaOf(new URL('./market-data.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      loaders: createLoaders(history),
    }),

    async start() {
      retention = startBarChangeRetention({ ...parts, changes: createBarChangeStore(parts.sql) });
      const abandoned = await recoverImports(history);
      if (abandoned > 0) logger.warn({ abandoned }, 'imports of a process that died are failed');
      if (config.importsSampleData) {
        for (const run of await importSampleData(history, findSampleData())) {
          logger.info({ ...run, faults: run.faults.slice(0, 3) }, 'sample data imported');
        }
      }
      await live.start();
    },

    async stop() {
      await retention?.stop();
      await live.stop();
    },
  };
}

/** Feeds, validation, tick store and subscriptions; nothing runs before its `start`. */
function buildLive(parts: PlatformParts, instruments: InstrumentRepository) {
  const { sql } = parts;
  const live = createLiveMarketData({
    ...parts,
    ticks: createTickRepository(sql),
    past: createTickPastRepository(sql),
    instruments: createTickInstrumentRepository(sql),
    addInstruments: (added) => instruments.addMissing(added.flatMap(instrumentOfFeed)),
  });
  return { live, quarantine: createQuarantineRepository(sql) };
}

function instrumentOfFeed({ symbol, assetClass, currency }: FeedInstrument): Instrument[] {
  const known = parseSymbol(symbol);
  const code = parseCurrencyCode(currency);
  if (known === undefined || code === undefined) return [];
  return [unknownInstrument(known, { assetClass, currency: code })];
}

/** What the use cases of history need; `npm run import` builds them without the rest. */
export function buildHistory({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }) {
  return {
    instruments: createInstrumentRepository(drizzle(sql)),
    bars: createBarRepository(sql),
    priceSeries: createPriceSeriesRepository(sql),
    fxFixings: createFxFixingRepository(sql),
    exchangeSessions: createExchangeSessionRepository(sql),
    importRuns: createImportRunRepository(sql),
    openHistoryFile,
    clock,
  };
}
