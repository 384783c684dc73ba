/** Builds baskets from the platform's parts: repositories, use cases, workers, schema. */

import { createHash } from 'node:crypto';
import { basketTransitioned } from '#kernel/topics/basket-transitions';
import { pause } from '#platform/backoff';
import { createTopicTail } from '#platform/event-log/topic-tail';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import { indexCalendar } from './domain/basket-calendar.ts';
import { sessionOf } from './domain/stale-policy.ts';
import { BASKET_STATES, isPriced } from './domain/transition-table.ts';
import type { Context, Deps } from './graphql/context.ts';
import { createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createApprovalReader } from './store/approval-reader.ts';
import { createAuditReader } from './store/audit-reader.ts';
import { createBacktestQueueReader } from './store/backtest-requests.ts';
import { createBacktestRepository } from './store/backtests.ts';
import { createBasketReader } from './store/basket-reader.ts';
import { createBasketRepository } from './store/baskets.ts';
import { createClosePriceReader } from './store/close-prices.ts';
import { createCorporateActionStore } from './store/corporate-actions.ts';
import { createIndexDefinitionReader } from './store/index-definitions.ts';
import { createLastPriceReader } from './store/last-prices.ts';
import { createLevelRepository, type LevelRepository } from './store/levels.ts';
import { createPriceCoverageReader } from './store/price-coverage.ts';
import { createPriceHistoryReader } from './store/price-history.ts';
import { createReferenceDataReader } from './store/reference-data.ts';
import { createTimerStore } from './store/timers.ts';
import { baseIndex } from './use-cases/base-index.ts';
import { carryOutRebalance } from './use-cases/carry-out-rebalance.ts';
import { fireTimer, type RebalanceDue } from './use-cases/fire-timer.ts';
import { createBacktestHub } from './workers/backtest-hub.ts';
import { createBacktests } from './workers/backtests.ts';
import { startLevelActions } from './workers/level-actions.ts';
import { createLevelHub, type LevelHub } from './workers/level-hub.ts';
import { LiveLevels } from './workers/live-levels.ts';
import type { Repeating } from './workers/repeating.ts';
import { startTimers, type Timers } from './workers/timers.ts';

export function buildBaskets(parts: PlatformParts): Subgraph {
  const { sql, clock, logger } = parts;
  const hub = createLevelHub();
  const transitions = createTopicTail({ ...parts, eventType: basketTransitioned, pause });
  const reader = createBasketReader(sql);
  const levels = createLevelRepository(sql);
  const approvals = createApprovalReader(sql);
  const actions = createCorporateActionStore(sql);
  const deps = depsOf(parts, { hub, transitions, reader, levels });
  const liveLevels = new LiveLevels({
    ...parts,
    hub,
    transitions,
    levels,
    definitions: createIndexDefinitionReader({
      sql,
      reader,
      actions,
      sessionOf: sessionsBy(parts.config),
    }),
    pricedBasketIds: () => reader.idsInStates(BASKET_STATES.filter(isPriced)),
    lastPrices: createLastPriceReader(parts),
    fxSnapshot: () => deps.reference.fxSnapshot(),
    fixBase: (code, wanted) => baseIndex(deps, code, wanted),
  });
  const history = createPriceHistoryReader(sql);
  const backtestWork = createBacktests({ ...parts, ...deps, history });
  let timers: Timers | undefined;
  let levelActions: Repeating | undefined;

  return {
    name: 'baskets',
    schema: buildSchemaOf(new URL('./baskets.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      loaders: createLoaders({ ...deps, approvals, levels, hub, nowMs: () => clock.nowMs() }),
    }),
    async start() {
      await liveLevels.start();
      logger.debug('baskets: live levels started');
      backtestWork.start();
      timers = timersOf(parts, deps);
      levelActions = await startLevelActions(compositionDeps(parts, deps));
    },
    async stop() {
      await timers?.stop();
      await levelActions?.stop();
      await backtestWork.stop();
      await transitions.close();
      await liveLevels.stop();
    },
  };
}

type Shared = Pick<Deps, 'transitions' | 'reader'> & {
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
    reference: createReferenceDataReader(sql),
    coverage: createPriceCoverageReader(sql),
    backtestQueue: createBacktestQueueReader(sql),
    backtests: createBacktestRepository(sql),
    backtestHub: createBacktestHub(),
    backtestWatchers: { open: 0 },
    monotonicMs: () => performance.now(),
    pause,
    vendors: [],
    calendar: indexCalendar(config.indexCalendar),
    standingCause: () => Promise.resolve(null),
    clock,
    newId,
    hash: sha256,
  };
}

/** What falls due without anybody asking. */
function timersOf(parts: PlatformParts, deps: Deps): Timers {
  const rebalances = compositionDeps(parts, deps);
  const rebalanceDue = (due: RebalanceDue) => carryOutRebalance(rebalances, due);
  return startTimers({
    ...parts,
    timers: createTimerStore(parts.sql),
    fire: (timer) => fireTimer({ ...deps, rebalanceDue }, timer),
    pause,
  });
}

/** What rebalances and corporate actions are carried out with. */
function compositionDeps({ sql, logger }: PlatformParts, deps: Deps) {
  const actions = createCorporateActionStore(sql);
  return { ...deps, logger, actions, closePrices: createClosePriceReader(sql) };
}

function sessionsBy({ indexCalendar: rules }: PlatformParts['config']) {
  const calendar = indexCalendar(rules);
  const neverCloses = rules.days === 'ALL';
  return (mic: string | null) => sessionOf(mic, { calendar, neverCloses });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
