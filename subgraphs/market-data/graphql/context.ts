/** What market data's resolvers receive with every request. */

import type { SubgraphContext } from '#platform/subgraph';
import type { QuarantineRepository } from '../store/quarantine.ts';
import type { ChoosePriceSourceDeps } from '../use-cases/choose-price-source.ts';
import type { FindFxRateDeps } from '../use-cases/find-fx-rate.ts';
import type { ListImportsDeps } from '../use-cases/list-imports.ts';
import type { ListInstrumentsDeps } from '../use-cases/list-instruments.ts';
import type { UpsertInstrumentsDeps } from '../use-cases/upsert-instruments.ts';
import type { LiveMarketData } from '../workers/live-market-data.ts';
import type { Loaders } from './loaders.ts';

export interface LiveDeps {
  readonly live: Pick<
    LiveMarketData,
    'ingest' | 'newest' | 'priceTicks' | 'latestPrices' | 'refreshInstruments'
  >;
  readonly quarantine: QuarantineRepository;
}

/** What the use cases behind the resolvers need. */
export interface Deps
  extends
    ChoosePriceSourceDeps,
    FindFxRateDeps,
    LiveDeps,
    ListImportsDeps,
    ListInstrumentsDeps,
    UpsertInstrumentsDeps {}

export interface Context extends SubgraphContext {
  readonly deps: Deps;
  readonly loaders: Loaders;
}
