/** Builds the positions subgraph. */

import { createHash } from 'node:crypto';
import { Counter, Histogram, type Registry } from 'prom-client';
import { tradeApplied } from '#kernel/topics/trade-applied';
import { pause } from '#platform/backoff';
import { createTopicTail } from '#platform/event-log/topic-tail';
import type { Consumer } from '#platform/ports';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import type { UtiIssuer } from './domain/uti.ts';
import type { Context, Deps } from './graphql/context.ts';
import { createLoaders } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { createDeadLetterStore } from './store/dead-letters.ts';
import { createInstrumentLookup } from './store/instruments.ts';
import { createLastPrices } from './store/last-prices.ts';
import { createPositionCache } from './store/position-cache.ts';
import { createPositionRepository } from './store/positions.ts';
import { createTradeBatchStore } from './store/trade-batches.ts';
import { createPartitionWriters } from './use-cases/partition-writers.ts';
import { recordTrades, type SentTrade } from './use-cases/record-trades.ts';
import { startTradeEventsConsumer } from './workers/trade-events-consumer.ts';

/** A made-up entity: whoever runs the platform for real puts the LEI of the generating one here. */
export const UTI_ISSUER: UtiIssuer = { lei: 'TEST00PROTOTRADE0107', systemCode: 'PLMB' };

/** Retry pauses differ by up to a fifth either way, so that two losers do not meet again. */
const PAUSE_JITTER = 0.2;

export function buildPositions(parts: PlatformParts): Subgraph {
  const { sql, cache, eventLog, logger } = parts;
  const recording = buildRecording(parts);
  const positions = createPositionRepository(sql);
  const lastPrices = createLastPrices({ sql, cache });
  const changes = createTopicTail({ eventLog, eventType: tradeApplied, logger, pause });
  const deps: Deps = { ...recording.deps, positions, changes };
  let consumer: Consumer | undefined;

  return {
    name: 'positions',
    schema: buildSchemaOf(new URL('./positions.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      loaders: createLoaders({ positions, lastPrices }),
    }),

    async start() {
      consumer = await startTradeEventsConsumer(eventLog, { ...deps, pause });
    },

    async stop() {
      await consumer?.stop();
      await changes.close();
      await recording.stop();
    },
  };
}

export type Recording = ReturnType<typeof buildRecording>;

/** The record path alone: what a trade passes from the gate to the durable batch. */
export function buildRecording(
  parts: Pick<PlatformParts, 'sql' | 'clock' | 'logger'> & { readonly metrics?: Registry },
) {
  const { sql, clock, logger } = parts;
  const observed = parts.metrics === undefined ? undefined : tradeMetrics(parts.metrics);
  const instruments = createInstrumentLookup(sql);
  const writers = createPartitionWriters({
    batches: createTradeBatchStore(sql),
    positions: createPositionCache(),
    clock,
    logger,
    pause: (ms) => pause(ms * (1 + PAUSE_JITTER * (2 * Math.random() - 1))),
    onBatch: (trades) => observed?.batch.observe(trades),
  });
  const deps = {
    instruments,
    writers,
    deadLetters: createDeadLetterStore(sql),
    clock,
    utiIssuer: UTI_ISSUER,
    fingerprint,
    onRefused: (reason: string) => observed?.refused.inc({ reason }),
  };
  return {
    instruments,
    deps,
    recordTrades: (trades: readonly SentTrade[]) => recordTrades(deps, trades),
    stop: () => writers.stop(),
  };
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
