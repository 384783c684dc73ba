/** Builds baskets from the platform's parts: repositories, use cases, workers, schema. */

import { createHash } from 'node:crypto';
import { basketTransitioned } from '#kernel/topics/basket-transitions';
import { pause } from '#platform/backoff';
import { createTopicTail } from '#platform/event-log/topic-tail';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import { indexCalendar } from './domain/basket-calendar.ts';
import type { Context, Deps } from './graphql/context.ts';
import { createListingLoader, createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createApprovalReader } from './store/approval-reader.ts';
import { createAuditReader } from './store/audit-reader.ts';
import { createBacktestQueueReader } from './store/backtest-requests.ts';
import { createBacktestRepository } from './store/backtests.ts';
import { createBasketReader } from './store/basket-reader.ts';
import { createBasketRepository } from './store/baskets.ts';
import { createCorporateActionStore } from './store/corporate-actions.ts';
import {
  createExchangeCalendarReader,
  type ExchangeCalendarReader,
} from './store/exchange-calendars.ts';
import { createLevelRepository, type LevelRepository } from './store/levels.ts';
import { createPriceCoverageReader } from './store/price-coverage.ts';
import { createPriceHistoryReader } from './store/price-history.ts';
import { createReferenceDataReader } from './store/reference-data.ts';
import { createTimerStore } from './store/timers.ts';
import { createWeighingMarketReader } from './store/weighing-market.ts';
import { fireTimer, type FireTimerDeps } from './use-cases/fire-timer.ts';
import { createBacktestHub } from './workers/backtest-hub.ts';
import { createBacktests } from './workers/backtests.ts';
import { createLevelHub, type LevelHub } from './workers/level-hub.ts';
import { createLevelWork } from './workers/level-work.ts';
import { startTimers, type Timers } from './workers/timers.ts';
import { createVendorWork } from './workers/vendor-work.ts';

export function buildBaskets(parts: PlatformParts): Subgraph {
  const { sql, clock, logger } = parts;
  const hub = createLevelHub();
  const transitions = createTopicTail({ ...parts, eventType: basketTransitioned, pause });
  const reader = createBasketReader(sql);
  const levels = createLevelRepository(sql);
  const approvals = createApprovalReader(sql);
  const deps: Deps = depsOf(parts, {
    hub,
    transitions,
    reader,
    levels,
    standingCause: (code) => levelWork.standingCause(code),
  });
  const levelWork = createLevelWork(parts, { deps, hub, levels, transitions });
  const history = createPriceHistoryReader(sql);
  const backtestWork = createBacktests({ ...parts, ...deps, history });
  const vendorWork = createVendorWork(parts, { deps, hub });
  let timers: Timers | undefined;

  return {
    name: 'baskets',
    schema: buildSchemaOf(new URL('./baskets.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      levelDeps: levelWork.levelDeps,
      vendorDeps: vendorWork.vendorDeps,
      listings: createListingLoader(vendorWork.vendorDeps),
      loaders: createLoaders({ ...deps, approvals, levels, hub, nowMs: () => clock.nowMs() }),
    }),
    async start() {
      await levelWork.start();
      logger.debug('baskets: live levels started');
      backtestWork.start();
      timers = timersOf(parts, { ...deps, rebalanceDue: levelWork.rebalanceDue });
      vendorWork.start();
    },
    async stop() {
      await vendorWork.stop();
      await timers?.stop();
      await backtestWork.stop();
      await transitions.close();
      await levelWork.stop();
    },
  };
}

type Shared = Pick<Deps, 'transitions' | 'reader' | 'standingCause'> & {
  readonly hub: LevelHub;
  readonly levels: LevelRepository;
};

/** What the use cases behind the resolvers need. */
function depsOf(parts: PlatformParts, shared: Shared): Deps {
  const { config, sql, clock, newId } = parts;
  return {
    ...shared,
    baskets: createBasketRepository(sql, sha256),
    audit: createAuditReader(sql),
    actions: createCorporateActionStore(sql),
    reference: createReferenceDataReader(sql),
    weighingMarket: createWeighingMarketReader(sql),
    coverage: createPriceCoverageReader(sql),
    backtestQueue: createBacktestQueueReader(sql),
    backtests: createBacktestRepository(sql),
    backtestHub: createBacktestHub(),
    backtestWatchers: { open: 0 },
    monotonicMs: () => performance.now(),
    pause,
    vendors: config.vendors.map(({ name, isMandatory }) => ({ vendor: name, isMandatory })),
    calendar: indexCalendar(config.indexCalendar),
    exchangeCalendars: exchangeCalendarsOf(parts),
    clock,
    newId,
    hash: sha256,
  };
}

/** Where an index has a level on all days, exchanges have no say. */
function exchangeCalendarsOf({ sql, config }: PlatformParts): ExchangeCalendarReader {
  if (config.indexCalendar.days === 'ALL') return { of: async () => [] };
  return createExchangeCalendarReader(sql);
}

/** What falls due without anybody asking. */
function timersOf(parts: PlatformParts, deps: FireTimerDeps): Timers {
  return startTimers({
    ...parts,
    timers: createTimerStore(parts.sql),
    fire: (timer) => fireTimer(deps, timer),
    pause,
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
