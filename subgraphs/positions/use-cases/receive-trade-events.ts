/** Records the trades of the topic `trade-events`, by the same path as those sent to the API. */

import { UnreadableEvent } from '#kernel/topics/reading';
import { tradeSubmitted } from '#kernel/topics/trade-events';
import { PlatformError } from '#platform/errors';
import type { LogRecord } from '#platform/ports';
import type { DeadLetterStore, RefusedTrade } from '../store/dead-letters.ts';
import { recordTrades, type RecordTradesDeps, type SentTrade } from './record-trades.ts';

export const TRADE_EVENTS_SOURCE = 'trade-events';
/** While there is no room or the rate is too high: the topic waits, nothing is lost. */
export const NO_ROOM_PAUSE_MS = 50;

export interface ReceiveTradeEventsDeps extends RecordTradesDeps {
  readonly deadLetters: DeadLetterStore;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Resolves when every trade is counted, or refused and kept. A payload that is no trade is kept as
 * a dead letter at once: it will not get better by another attempt. Rejects when the trades should
 * be handed over again.
 */
export async function receiveTradeEvents(
  deps: ReceiveTradeEventsDeps,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<void> {
  const read = records.map(readRecord);
  const unreadable = read.flatMap((each) => ('reason' in each ? [each] : []));
  await deps.deadLetters.keep(
    unreadable.map((each) => ({ ...each, requestHash: deps.fingerprint(each.requestHash).text })),
  );
  const trades = read.flatMap((each) => ('request' in each ? [each] : []));
  for (;;) {
    try {
      await recordTrades(deps, trades, 'wait');
      return;
    } catch (error) {
      const isFull = error instanceof PlatformError && error.code === 'RATE_LIMITED';
      if (!isFull || signal.aborted) throw error;
      await deps.pause(NO_ROOM_PAUSE_MS, signal);
    }
  }
}

function readRecord(record: LogRecord): SentTrade | RefusedTrade {
  const origin = {
    source: TRADE_EVENTS_SOURCE,
    correlationId: record.correlationId,
    causationId: `${record.topic}:${record.sequence}`,
  };
  try {
    const { user, ...trade } = tradeSubmitted.parse(record.payload, record.version);
    return { request: trade, origin: { ...origin, user } };
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error;
    return {
      ...origin,
      requestHash: `${record.topic}:${record.sequence}`,
      tradeId: '',
      bookId: '',
      accountId: '',
      symbol: '',
      clOrdId: null,
      reason: 'UNREADABLE_PAYLOAD',
      message: error.message,
      payload: { key: record.key, type: record.type, text: JSON.stringify(record.payload) },
      user: 'unknown',
    };
  }
}
