/** What market data's resolvers receive with every request. */

import type { SubgraphContext } from '#platform/subgraph';
import type { ListInstrumentsDeps } from '../use-cases/list-instruments.ts';
import type { UpsertInstrumentsDeps } from '../use-cases/upsert-instruments.ts';
import type { Loaders } from './loaders.ts';

/** What the use cases behind the resolvers need. */
export interface Deps extends ListInstrumentsDeps, UpsertInstrumentsDeps {}

export interface Context extends SubgraphContext {
  readonly deps: Deps;
  readonly loaders: Loaders;
}
