/** Builds baskets from the platform's parts: repositories, use cases, workers, schema. */

import { createHash } from 'node:crypto';
import { basketTransitioned } from '#kernel/topics/basket-transitions';
import { pause } from '#platform/backoff';
import { createTopicTail } from '#platform/event-log/topic-tail';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import { BASKET_STATES, isPriced } from './domain/transition-table.ts';
import type { Context, Deps } from './graphql/context.ts';
import { createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createAuditReader } from './store/audit-reader.ts';
import { createBasketReader } from './store/basket-reader.ts';
import { createBasketRepository } from './store/baskets.ts';
import { createIndexDefinitionReader } from './store/index-definitions.ts';
import { createLastPriceReader } from './store/last-prices.ts';
import { createLevelRepository } from './store/levels.ts';
import { createReferenceDataReader } from './store/reference-data.ts';
import { baseIndex } from './use-cases/base-index.ts';
import { createLevelHub } from './workers/level-hub.ts';
import { LiveLevels } from './workers/live-levels.ts';

export function buildBaskets(parts: PlatformParts): Subgraph {
  const { sql, eventLog, clock, logger, newId } = parts;
  const baskets = createBasketRepository(sql, sha256);
  const reader = createBasketReader(sql);
  const reference = createReferenceDataReader(sql);
  const levels = createLevelRepository(sql);
  const hub = createLevelHub();
  const transitions = createTopicTail({
    eventLog,
    eventType: basketTransitioned,
    logger,
    pause,
  });
  const deps: Deps = {
    baskets,
    reader,
    audit: createAuditReader(sql),
    reference,
    levels,
    hub,
    transitions,
    clock,
    newId,
    hash: sha256,
  };
  const liveLevels = new LiveLevels({
    ...parts,
    hub,
    transitions,
    levels,
    definitions: createIndexDefinitionReader(reader),
    pricedBasketIds: () => reader.idsInStates(BASKET_STATES.filter(isPriced)),
    lastPrices: createLastPriceReader(parts),
    fxSnapshot: () => reference.fxSnapshot(),
    fixBase: (code, wanted) => baseIndex({ baskets, clock, newId }, code, wanted),
  });

  return {
    name: 'baskets',
    schema: buildSchemaOf(new URL('./baskets.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      loaders: createLoaders({ reader, levels, hub, nowMs: () => clock.nowMs() }),
    }),
    async start() {
      await liveLevels.start();
      logger.debug('baskets: live levels started');
    },
    async stop() {
      await transitions.close();
      await liveLevels.stop();
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
