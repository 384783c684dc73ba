/** What the resolvers of positions receive with every request. */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { SubgraphContext } from '#platform/subgraph';
import type { PositionRepository } from '../store/positions.ts';
import type { TradeBatchStore } from '../store/trade-batches.ts';
import type { DeadLetterDeps } from '../use-cases/attempt-dead-letter.ts';
import type { AmendTradeDeps } from '../use-cases/amend-trade.ts';
import type { ActOnPositionsDeps } from '../use-cases/act-on-positions.ts';
import type { AuditEventsDeps } from '../use-cases/audit-events.ts';
import type { DefineContractDeps } from '../use-cases/define-contract.ts';
import type { DeliverLotsDeps } from '../use-cases/deliver-lots.ts';
import type { ElectLotsDeps } from '../use-cases/elect-lots.ts';
import type { FailedRecordsDeps } from '../use-cases/failed-records.ts';
import type { FindContractsDeps } from '../use-cases/find-contracts.ts';
import type { FindPositionDeps } from '../use-cases/find-position.ts';
import type { PreviewTradeDeps } from '../use-cases/preview-trade.ts';
import type { RecordTradesDeps } from '../use-cases/record-trades.ts';
import type { RetryCorrectionDeps } from '../use-cases/retry-corrections.ts';
import type { VerifyPositionDeps } from '../use-cases/verify-position.ts';
import type { WatchChangesDeps } from '../use-cases/watch-changes.ts';
import type { WatchCorrectionsDeps } from '../use-cases/watch-corrections.ts';
import type { Loaders } from './loaders.ts';

export interface Deps
  extends
    RecordTradesDeps,
    RetryCorrectionDeps,
    FindPositionDeps,
    PreviewTradeDeps,
    VerifyPositionDeps,
    WatchChangesDeps,
    WatchCorrectionsDeps,
    DeadLetterDeps,
    FailedRecordsDeps,
    AuditEventsDeps,
    AmendTradeDeps,
    ActOnPositionsDeps,
    DeliverLotsDeps,
    ElectLotsDeps,
    DefineContractDeps,
    FindContractsDeps {
  readonly positions: PositionRepository;
  readonly recorded: TradeBatchStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Context extends SubgraphContext {
  readonly deps: Deps;
  readonly loaders: Loaders;
}
