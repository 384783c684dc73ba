/** Asks the contract service: one call for all trades of a request, in time or not at all. */

import { Pool } from 'undici';
import { z } from 'zod';
import { formatDecimal } from '#kernel/decimal';
import { type Breaker, type BreakerState, createBreaker } from '#platform/breaker';
import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import { parseJson } from '#platform/http/request-body';
import type { Trade } from '../domain/trade.ts';
import { isUti } from '../domain/uti.ts';
import type { ContractGenerator } from '../use-cases/contract-generator.ts';

export interface ContractServiceOptions {
  readonly url: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Of a whole call, from connecting to the last byte. */
  readonly timeoutMs: number;
  readonly openForMs?: number;
  readonly onCall?: ((outcome: 'answered' | 'failed', ms: number) => void) | undefined;
}

export interface ContractServiceClient extends ContractGenerator {
  readonly breakerState: BreakerState;
  close(): Promise<void>;
}

const NAME = 'the contract service';
const MAX_CONNECTIONS = 8;
const KEEP_ALIVE_MS = 60_000;
/** Of an answer: far above what a thousand trades take. */
const MAX_RESPONSE_BYTES = 1_048_576;

const BREAKER = { sampleSize: 10, openAtFailureRatio: 0.5, closeAfterSuccesses: 5 };
export const OPEN_FOR_MS = 60_000;

const answerForm = z.object({
  contracts: z.array(z.object({ tradeId: z.string(), uti: z.string().refine(isUti) })),
});

export function createContractServiceClient(
  options: ContractServiceOptions,
): ContractServiceClient {
  const { url, clock, timeoutMs, onCall } = options;
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, {
    connections: MAX_CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: MAX_RESPONSE_BYTES,
  });
  const breaker: Breaker = createBreaker({
    name: NAME,
    ...BREAKER,
    openForMs: options.openForMs ?? OPEN_FOR_MS,
    clock,
  });

  async function ask(trades: readonly Trade[]): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const { statusCode, body } = await pool.request({
        path: `${pathname}${search}`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ trades: trades.map(wireForm) }),
        signal,
      });
      return utisOf(trades, statusCode, await body.text());
    } catch (cause) {
      throw signal.aborted
        ? new PlatformError('TIMEOUT', `${NAME} did not answer within ${timeoutMs} ms`, { cause })
        : unavailable(cause instanceof Error ? cause.message : 'unknown', cause);
    }
  }

  async function timed(trades: readonly Trade[]): Promise<readonly string[]> {
    const startMs = performance.now();
    try {
      const utis = await ask(trades);
      onCall?.('answered', performance.now() - startMs);
      return utis;
    } catch (error) {
      onCall?.('failed', performance.now() - startMs);
      throw error;
    }
  }

  return {
    isRemote: true,
    generate: (trades) =>
      trades.length === 0 ? Promise.resolve([]) : breaker.run(() => timed(trades)),
    get breakerState() {
      return breaker.state;
    },
    close: () => pool.destroy(),
  };
}

function wireForm(trade: Trade) {
  const { key } = trade;
  return {
    tradeId: trade.tradeId,
    bookId: key.bookId,
    accountId: key.accountId,
    contractId: key.contractId,
    instrumentId: key.instrumentId,
    symbol: key.symbol,
    currency: key.currency,
    side: trade.side,
    quantity: formatDecimal(trade.quantity),
    price: formatDecimal(trade.price),
    fees: formatDecimal(trade.fees),
    effectiveDate: trade.effectiveDate,
    executedAt: trade.executedAtMs === null ? null : new Date(trade.executedAtMs).toISOString(),
  };
}

/** All of them or none: an answer that leaves a trade out is as good as no answer. */
function utisOf(trades: readonly Trade[], statusCode: number, text: string): readonly string[] {
  if (statusCode !== 200) throw unavailable(`answered with status ${statusCode}`);
  const answer = answerForm.safeParse(parseJson(text));
  if (!answer.success) throw unavailable('answered with something that is no list of UTIs');
  const utiByTrade = new Map(answer.data.contracts.map(({ tradeId, uti }) => [tradeId, uti]));
  if (new Set(utiByTrade.values()).size !== utiByTrade.size) {
    throw unavailable('answered with one UTI for two trades');
  }
  return trades.map(({ tradeId }) => {
    const uti = utiByTrade.get(tradeId);
    if (uti === undefined) throw unavailable(`left trade ${tradeId} out`);
    return uti;
  });
}

function unavailable(what: string, cause?: unknown): PlatformError {
  return new PlatformError('UPSTREAM_UNAVAILABLE', `${NAME}: ${what}`, {
    cause,
    details: { dependency: NAME },
  });
}
