/** Everything about levels in one piece: live values, closes, restatements, compositions. */

import { basketLevelRestated } from '#kernel/topics/basket-level-restated';
import type { BasketTransitioned } from '#kernel/topics/basket-transitions';
import { pause } from '#platform/backoff';
import { createTopicTail, type TopicTail } from '#platform/event-log/topic-tail';
import type { PlatformParts } from '#platform/subgraph';
import { indexCalendar } from '../domain/basket-calendar.ts';
import type { ExchangeDays } from '../domain/exchange-calendar.ts';
import { sessionOf } from '../domain/stale-policy.ts';
import { BASKET_STATES, isPriced } from '../domain/transition-table.ts';
import type { Deps, LevelDeps } from '../graphql/context.ts';
import { createClosePriceReader } from '../store/close-prices.ts';
import { createCorporateActionStore } from '../store/corporate-actions.ts';
import { createIndexDefinitionReader } from '../store/index-definitions.ts';
import { createLastPriceReader } from '../store/last-prices.ts';
import { createValuationStore } from '../store/level-valuations.ts';
import type { LevelRepository } from '../store/levels.ts';
import { createPriceReferenceReader } from '../store/price-references.ts';
import { createDailyLevelRepository } from '../store/restatements.ts';
import { createRollupReader } from '../store/rollups.ts';
import { createSlaBreachStore } from '../store/sla-breaches.ts';
import { autoSuspend } from '../use-cases/auto-suspend.ts';
import { baseIndex } from '../use-cases/base-index.ts';
import { carryOutRebalance } from '../use-cases/carry-out-rebalance.ts';
import { startLevelActions } from './level-actions.ts';
import { createLevelCloses } from './level-closes.ts';
import type { LevelHub } from './level-hub.ts';
import { LiveLevels } from './live-levels.ts';
import type { Repeating } from './repeating.ts';
import { createValuationSla } from './valuation-sla.ts';

export interface LevelWorkDeps {
  readonly deps: Deps;
  readonly hub: LevelHub;
  readonly levels: LevelRepository;
  readonly transitions: Pick<TopicTail<BasketTransitioned>, 'follow'>;
}

export function createLevelWork(parts: PlatformParts, shared: LevelWorkDeps) {
  const { sql, clock, logger } = parts;
  const { deps } = shared;
  const valuations = createValuationStore(sql);
  const daily = createDailyLevelRepository(sql);
  const actions = createCorporateActionStore(sql);
  const restated = createTopicTail({ ...parts, eventType: basketLevelRestated, pause });
  const composition = { ...deps, logger, actions, closePrices: createClosePriceReader(sql) };
  const liveLevels = new LiveLevels({
    ...parts,
    ...shared,
    valuations,
    definitions: createIndexDefinitionReader({ sql, ...deps, actions, sessionOf: sessions(parts) }),
    pricedBasketIds: () => deps.reader.idsInStates(BASKET_STATES.filter(isPriced)),
    lastPrices: createLastPriceReader(parts),
    priceReferences: createPriceReferenceReader(sql),
    fxSnapshot: () => deps.reference.fxSnapshot(),
    fixBase: (code, wanted) => baseIndex(deps, code, wanted),
    autoSuspend: (wanted) => autoSuspend(deps, wanted),
    sla: createValuationSla({ ...parts, breaches: createSlaBreachStore(sql) }),
  });
  const levelDeps: LevelDeps = {
    valuations,
    liveValuation: (basketId) => liveLevels.valuationOf(basketId),
    actions,
    closePrices: composition.closePrices,
    reference: deps.reference,
    daily,
    rollups: createRollupReader(sql),
    restated,
    clock,
  };
  let repeating: Repeating | undefined;

  return {
    levelDeps,
    /** Why a basket would be suspended again at once; null when nothing is known against it. */
    standingCause: (code: string) => Promise.resolve(liveLevels.haltCause(code)),
    rebalanceDue: (due: { readonly code: string; readonly versionNumber: number }) =>
      carryOutRebalance(composition, due),

    async start(): Promise<void> {
      await liveLevels.start();
      const closes = createLevelCloses({ ...composition, daily, valuations });
      repeating = await startLevelActions({ ...composition, closes });
    },

    /** The tail of transitions must have ended before. */
    async stop(): Promise<void> {
      await repeating?.stop();
      await restated.close();
      await liveLevels.stop();
    },
  };
}

/** The sessions of markets by their code, on the index calendar where we do not know them. */
function sessions({ config }: PlatformParts) {
  const neverCloses = config.indexCalendar.days === 'ALL';
  const calendar = indexCalendar(config.indexCalendar);
  return (mic: string | null, exchange: ExchangeDays | undefined) =>
    sessionOf(mic, { calendar, neverCloses, exchange });
}
