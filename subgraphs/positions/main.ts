/** Builds the positions subgraph. */

import { createHash } from 'node:crypto';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Sql } from 'postgres';
import { CONTRACT_DEFINED_TOPIC } from '#kernel/topics/contract-defined';
import { positionCorrected } from '#kernel/topics/position-corrected';
import { anyPositionChange } from '#kernel/topics/position-changed';
import { backoffMs, pause } from '#platform/backoff';
import type { Config } from '#platform/config';
import { createTopicTail } from '#platform/event-log/topic-tail';
import { openPool } from '#platform/postgres';
import type { Consumer, EventLog } from '#platform/ports';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import type { UtiIssuer } from './domain/uti.ts';
import type { Context, Deps } from './graphql/context.ts';
import { createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createContractLookup } from './store/contract-lookup.ts';
import { createContractMethods } from './store/contract-methods.ts';
import { createContractStore } from './store/contracts.ts';
import { createAuditReader } from './store/audit-reader.ts';
import { createDeadLetterAttempts } from './store/dead-letter-attempts.ts';
import { createDeadLetterReader } from './store/dead-letter-reader.ts';
import { createDeadLetterStore } from './store/dead-letters.ts';
import { createClosingPrices } from './store/closing-prices.ts';
import { createEventChain } from './store/event-chain.ts';
import { createInstrumentPositions } from './store/instrument-positions.ts';
import { createInstrumentLookup } from './store/instruments.ts';
import { createKnownHistory } from './store/known-history.ts';
import { createLastPrices } from './store/last-prices.ts';
import { createLatestDates } from './store/latest-dates.ts';
import { createCheckpoints } from './store/checkpoints.ts';
import { createPositionCache, type PositionCache } from './store/position-cache.ts';
import { createPendingContracts } from './store/pending-contracts.ts';
import { createPositionRepository } from './store/positions.ts';
import { createTradePlaces } from './store/trade-places.ts';
import { createTradeBatchStore } from './store/trade-batches.ts';
import { createWaitingPositions } from './store/waiting-positions.ts';
import { changeMethods, noteContract } from './use-cases/contract-commands.ts';
import { createInProcessGenerator } from './use-cases/contract-generator.ts';
import {
  createPartitionWriters,
  MAX_BATCHES_IN_FLIGHT,
  type PartitionWriters,
} from './use-cases/partition-writers.ts';
import { MAX_TRADES_PER_REQUEST, recordTrades, type SentTrade } from './use-cases/record-trades.ts';
import { createReplaySlots } from './use-cases/replay-slots.ts';
import { createTradeLimits } from './use-cases/trade-limits.ts';
import { COLD_GROUP } from './workers/backdated-trades-consumer.ts';
import { createColdPath } from './workers/cold-path.ts';
import {
  type ContractServiceOptions,
  createContractServiceClient,
} from './workers/contract-service-client.ts';
import {
  type ContractWorker,
  type ContractWorkerDeps,
  startContractWorker,
} from './workers/contract-worker.ts';
import { createIntakeMetrics, watchIntake } from './workers/intake-metrics.ts';
import { watchDeadLetters } from './workers/dead-letter-metrics.ts';
import { DELIVERY_GROUP, startDeliveredLotsConsumers } from './workers/delivered-lots-consumers.ts';
import { type DeadLetterRetry, startDeadLetterRetry } from './workers/dead-letter-retry.ts';
import { type ForwardRoll, startForwardRoll } from './workers/forward-roll.ts';
import { CONSUMER_GROUP, startTradeEventsConsumer } from './workers/trade-events-consumer.ts';

/** A made-up entity: whoever runs the platform for real puts the LEI of the generating one here. */
export const UTI_ISSUER: UtiIssuer = { lei: 'TEST00PROTOTRADE0107', systemCode: 'PLMB' };

/** Retry pauses differ by up to a fifth either way, so that two losers do not meet again. */
const PAUSE_JITTER = 0.2;

export function buildPositions(parts: PlatformParts): Subgraph {
  const { sql, cache, eventLog, logger } = parts;
  const recording = buildRecording(parts);
  const positions = createPositionRepository(sql);
  const lastPrices = createLastPrices({ sql, cache });
  const closingPrices = createClosingPrices(sql);
  const changes = createTopicTail({ eventLog, eventType: anyPositionChange, logger, pause });
  const corrections = createTopicTail({ eventLog, eventType: positionCorrected, logger, pause });
  const letters = createDeadLetterReader(sql);
  const lateWork = buildLateWork(parts, recording);
  const deps: Deps = {
    ...recording.deps,
    positions,
    changes,
    corrections,
    letters,
    letterAttempts: createDeadLetterAttempts(sql),
    eventLog,
    recalculations: lateWork.recalculations,
    consumerGroups: [CONSUMER_GROUP, COLD_GROUP, DELIVERY_GROUP],
    logger,
    ...buildAudit(sql),
    ...buildReplays(sql),
    ...buildPlaces(sql),
  };
  watchDeadLetters(parts.metrics, { letters, logger });
  let retry: DeadLetterRetry | undefined;
  let consumers: readonly Consumer[] = [];
  let ignoreContracts: (() => void) | undefined;

  return {
    name: 'positions',
    schema: buildSchemaOf(new URL('./positions.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      loaders: createLoaders({
        positions,
        lastPrices,
        closingPrices,
        letters,
        contracts: deps.contractStore,
      }),
    }),

    async start() {
      ignoreContracts = eventLog.onNews(CONTRACT_DEFINED_TOPIC, recording.deps.contracts.forget);
      consumers = await startConsumers(eventLog, deps);
      retry = startDeadLetterRetry({ ...deps, pause });
      await lateWork.start();
    },

    async stop() {
      ignoreContracts?.();
      await lateWork.stop();
      await retry?.stop();
      await Promise.all(consumers.map((each) => each.stop()));
      await changes.close();
      await corrections.close();
      await recording.stop();
    },
  };
}

/** Trades from elsewhere, and lots from other positions. */
async function startConsumers(eventLog: EventLog, deps: Deps): Promise<readonly Consumer[]> {
  return [
    await startTradeEventsConsumer(eventLog, { ...deps, pause }),
    ...(await startDeliveredLotsConsumers(eventLog, deps)),
  ];
}

/** Beside the live flow: corrections of what came late, and bookings whose day has come. */
function buildLateWork(parts: PlatformParts, { deps, contractWork }: Recording) {
  const waiting = createWaitingPositions(parts.sql);
  let contractWorker: ContractWorker | undefined;
  const { writers, contracts } = deps;
  const coldPath = createColdPath({ ...parts, writers, contracts, waiting });
  let roll: ForwardRoll | undefined;
  return {
    recalculations: coldPath.recalculations,
    async start(): Promise<void> {
      await coldPath.start();
      roll = startForwardRoll({ ...parts, writers, waiting, pause });
      contractWorker = startContractWorker({ ...contractWork, pause });
    },
    async stop(): Promise<void> {
      await contractWorker?.stop();
      await roll?.stop();
      await coldPath.stop();
    },
  };
}

export type Recording = ReturnType<typeof buildRecording>;

export interface RecordingParts extends Pick<PlatformParts, 'sql' | 'clock' | 'logger'> {
  readonly metrics?: Registry;
  /** Left out: the writers share `sql` with those who read. */
  readonly databaseUrl?: string;
  /** Left out: no limits of rate, no contract service, no closed books. */
  readonly config?: Pick<Config, 'trades'>;
}

/** Of a call of the contract service that no trade waits for. */
const PATIENT_TIMEOUT_MS = 5_000;
/** Of a rate that nobody reaches. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** The record path alone: what a trade passes from the gate to the durable batch. */
export function buildRecording(parts: RecordingParts) {
  const { sql, clock, logger } = parts;
  const observed = parts.metrics === undefined ? undefined : tradeMetrics(parts.metrics);
  const instruments = createInstrumentLookup(sql);
  const positions = createPositionCache();
  const checkpoints = createCheckpoints({ sql, logger });
  const writerSql = parts.databaseUrl === undefined ? sql : openWriterPool(parts.databaseUrl);
  const writers = createPartitionWriters({
    batches: createTradeBatchStore(sql, writerSql),
    positions,
    checkpoints,
    clock,
    logger,
    pause: (ms) => pause(ms * (1 + PAUSE_JITTER * (2 * Math.random() - 1))),
    onBatch: (trades) => observed?.batch.observe(trades),
  });
  const intake = buildIntake(parts, { writers, positions });
  const deps = {
    ...intake.deps,
    instruments,
    writers,
    deadLetters: createDeadLetterStore(sql),
    clock,
    fingerprint,
    onRefused: (reason: string) => observed?.refused.inc({ reason }),
  };
  const repository = createPositionRepository(sql);
  const contractWork: Omit<ContractWorkerDeps, 'pause'> = {
    ...intake.deps,
    generator: intake.patient,
    pending: createPendingContracts(sql, repository),
    methods: createContractMethods(sql),
    noteContract: (pending, uti) => noteContract(deps, pending, uti),
    changeMethods: (changes) => changeMethods({ writers, positions: repository }, changes),
    clock,
    logger,
    backoffMs,
  };
  return {
    instruments,
    deps,
    contractWork,
    recordTrades: (trades: readonly SentTrade[]) => recordTrades(deps, trades),
    async stop() {
      await writers.stop();
      await checkpoints.settled();
      await intake.close();
      if (writerSql !== sql) await writerSql.end();
    },
  };
}

/** So that they do not wait for readers; and few connections, always the same ones, stay warm. */
function openWriterPool(url: string): Sql {
  const applicationName = 'plumbline-positions-writers';
  return openPool({ url, maxConnections: MAX_BATCHES_IN_FLIGHT, applicationName });
}

/** What stands before the writers: terms, limits, and where contracts come from. */
function buildIntake(
  { sql, clock, logger, config, metrics }: RecordingParts,
  { writers, positions }: { writers: PartitionWriters; positions: PositionCache },
) {
  const observed = metrics && createIntakeMetrics(metrics);
  const limits = createTradeLimits({
    tradesPerSecond: config?.trades.perSecond ?? UNLIMITED,
    positionTradesPerSecond: config?.trades.perSecondOfPosition ?? UNLIMITED,
    maxTradesPerRequest: MAX_TRADES_PER_REQUEST,
    queueDepth: () => writers.inFlight(),
    monotonicMs: () => performance.now(),
    onLimited: (limit) => observed?.onLimited(limit),
    onShed: (what, count) => observed?.onShed(what, count),
    onQueueAlert: (depth) => logger.error({ depth }, 'ALARM: too many trades wait to be written'),
  });
  const generators = buildGenerators(config, { clock, onCall: observed?.onContractCall });
  if (metrics !== undefined) {
    watchIntake(metrics, {
      queueDepth: () => writers.inFlight(),
      oldestMs: () => writers.oldestWaitingMs(),
      breakerState: generators.breakerState,
    });
  }
  const contractStore = createContractStore(sql);
  return {
    deps: {
      contractStore,
      contracts: createContractLookup(contractStore),
      generator: generators.inTime,
      latestDates: createLatestDates(sql, positions),
      limits,
      booksClosedBefore: config?.trades.booksClosedBefore ?? null,
      onContractPending: (trades: number) => observed?.onContractPending(trades),
    },
    patient: generators.patient,
    close: generators.close,
  };
}

/** One for trades on their way, and one for what waits already: better late than never. */
function buildGenerators(
  config: RecordingParts['config'],
  { clock, onCall }: Pick<ContractServiceOptions, 'clock' | 'onCall'>,
) {
  const url = config?.trades.contractServiceUrl;
  if (config === undefined || url === undefined) {
    const inProcess = createInProcessGenerator({ issuer: UTI_ISSUER, fingerprint });
    const close = () => Promise.resolve();
    return { inTime: inProcess, patient: inProcess, breakerState: () => undefined, close };
  }
  const { contractTimeoutMs: timeoutMs } = config.trades;
  const inTime = createContractServiceClient({ url, clock, onCall, timeoutMs });
  const patient = createContractServiceClient({
    url,
    clock,
    onCall,
    timeoutMs: PATIENT_TIMEOUT_MS,
  });
  return {
    inTime,
    patient,
    breakerState: () => inTime.breakerState,
    async close() {
      await Promise.all([inTime.close(), patient.close()]);
    },
  };
}

/** Reads of whole histories: other times, previews, checks. */
function buildReplays(sql: Sql) {
  return {
    knownHistory: createKnownHistory(sql),
    chain: createEventChain(sql),
    recorded: createTradeBatchStore(sql),
    replays: createReplaySlots(),
    monotonicMs: () => performance.now(),
  };
}

/** Which positions a command concerns. */
function buildPlaces(sql: Sql) {
  return {
    tradePlaces: createTradePlaces(sql),
    instrumentPositions: createInstrumentPositions(sql),
  };
}

/** The trail of events alone: what an export needs. */
export function buildAudit(sql: Sql) {
  return { audit: createAuditReader(sql) };
}

function tradeMetrics(registry: Registry) {
  return {
    batch: new Histogram({
      name: 'plumbline_positions_batch_trades',
      help: 'Trades made durable by one statement; the count is that of batches',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers: [registry],
    }),
    refused: new Counter({
      name: 'plumbline_positions_trades_refused_total',
      help: 'Trades refused, by reason',
      labelNames: ['reason'],
      registers: [registry],
    }),
  };
}

function fingerprint(text: string): { readonly text: string; readonly bits: bigint } {
  const digest = createHash('sha256').update(text).digest();
  // 128 bits, of which the UTI takes its hundred.
  const bits = (digest.readBigUInt64BE(0) << 64n) | digest.readBigUInt64BE(8);
  return { text: digest.toString('base64url'), bits };
}
