/** What the resolvers of baskets receive with every request. */

import type { Clock } from '#platform/clock';
import type { BasketLevelRestated } from '#kernel/topics/basket-level-restated';
import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import type { TopicTail } from '#platform/event-log/topic-tail';
import type { SubgraphContext } from '#platform/subgraph';
import type { AuditReader } from '../store/audit-reader.ts';
import type { BacktestRepository } from '../store/backtests.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { LevelRepository } from '../store/levels.ts';
import type { DailyLevelRepository } from '../store/restatements.ts';
import type { RollupReader } from '../store/rollups.ts';
import type { AnnounceActionDeps } from '../use-cases/announce-corporate-action.ts';
import type { SlaBreachStore } from '../store/sla-breaches.ts';
import type { VendorReconciliationStore } from '../store/vendor-reconciliations.ts';
import type { VendorStandingReader } from '../store/vendor-standings.ts';
import type { ApproveBasketDeps } from '../use-cases/approve-basket.ts';
import type { CreateBasketDeps } from '../use-cases/create-basket.ts';
import type { ExplainMoveDeps } from '../use-cases/explain-level-move.ts';
import type { FindBacktestDeps } from '../use-cases/find-backtest.ts';
import type { EditBasketDeps } from '../use-cases/edit-basket.ts';
import type { RebalanceBasketDeps } from '../use-cases/rebalance-basket.ts';
import type { ResumeBasketDeps } from '../use-cases/resume-basket.ts';
import type { TriggerBacktestDeps } from '../use-cases/trigger-backtest.ts';
import type { WatchBacktestDeps } from '../use-cases/watch-backtest.ts';
import type { WatchTransitionsDeps } from '../use-cases/watch-transitions.ts';
import type { WatchVendorsDeps } from '../use-cases/watch-vendors.ts';
import type { BacktestHub } from '../workers/backtest-hub.ts';
import type { LevelHub } from '../workers/level-hub.ts';
import type { ListingLoader, Loaders } from './loaders.ts';

/** What the use cases behind the resolvers need. */
export interface Deps
  extends
    CreateBasketDeps,
    EditBasketDeps,
    TriggerBacktestDeps,
    ApproveBasketDeps,
    RebalanceBasketDeps,
    ResumeBasketDeps,
    FindBacktestDeps,
    WatchBacktestDeps,
    WatchTransitionsDeps {
  readonly backtests: BacktestRepository;
  readonly backtestHub: BacktestHub;
  readonly reader: BasketReader;
  readonly audit: AuditReader;
  readonly levels: Pick<LevelRepository, 'inRange'>;
  readonly hub: Pick<LevelHub, 'subscribe'>;
}

/** What questions about levels are answered with. */
export interface LevelDeps extends ExplainMoveDeps, AnnounceActionDeps {
  readonly daily: Pick<DailyLevelRepository, 'daily' | 'restatements'>;
  readonly rollups: RollupReader;
  readonly restated: Pick<TopicTail<BasketLevelRestated>, 'follow'>;
  readonly clock: Clock;
}

/** What questions about vendors are answered with. */
export interface VendorDeps extends WatchVendorsDeps {
  readonly standings: Pick<VendorStandingReader, 'listings'>;
  readonly breaches: Pick<SlaBreachStore, 'page'>;
  readonly breached: Pick<TopicTail<BasketSlaBreached>, 'follow'>;
  readonly reconciliations: Pick<VendorReconciliationStore, 'newest'>;
}

export interface Context extends SubgraphContext {
  readonly levelDeps: LevelDeps;
  readonly vendorDeps: VendorDeps;
  /** Where a basket stands with each vendor. */
  readonly listings: ListingLoader;
  readonly deps: Deps;
  readonly loaders: Loaders;
}
