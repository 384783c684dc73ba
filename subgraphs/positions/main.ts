/** Builds the positions subgraph. */

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { PlatformParts } from '#platform/subgraph';
import type { UtiIssuer } from './domain/uti.ts';
import { createDeadLetterStore } from './store/dead-letters.ts';
import { createInstrumentLookup } from './store/instruments.ts';
import { createPositionCache } from './store/position-cache.ts';
import { createTradeBatchStore } from './store/trade-batches.ts';
import { createPartitionWriters } from './use-cases/partition-writers.ts';
import { recordTrades, type SentTrade } from './use-cases/record-trades.ts';

/** A made-up entity: whoever runs the platform for real puts the LEI of the generating one here. */
export const UTI_ISSUER: UtiIssuer = { lei: 'TEST00PROTOTRADE0107', systemCode: 'PLMB' };

/** Retry pauses differ by up to a fifth either way, so that two losers do not meet again. */
const PAUSE_JITTER = 0.2;

export type Recording = ReturnType<typeof buildRecording>;

/** The record path alone: what a trade passes from the gate to the durable batch. */
export function buildRecording(parts: Pick<PlatformParts, 'sql' | 'clock' | 'logger'>) {
  const { sql, clock, logger } = parts;
  const instruments = createInstrumentLookup(sql);
  const writers = createPartitionWriters({
    batches: createTradeBatchStore(sql),
    positions: createPositionCache(),
    clock,
    logger,
    pause: (ms) => delay(ms * (1 + PAUSE_JITTER * (2 * Math.random() - 1))),
  });
  const deps = {
    instruments,
    writers,
    deadLetters: createDeadLetterStore(sql),
    clock,
    utiIssuer: UTI_ISSUER,
    fingerprint,
  };
  return {
    instruments,
    deps,
    recordTrades: (trades: readonly SentTrade[]) => recordTrades(deps, trades),
    stop: () => writers.stop(),
  };
}

function fingerprint(text: string): { readonly text: string; readonly bits: bigint } {
  const digest = createHash('sha256').update(text).digest();
  return { text: digest.toString('base64url'), bits: digest.readBigUInt64BE() << 36n };
}
