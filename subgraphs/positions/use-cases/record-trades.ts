/** Records trades: each is counted once, or refused with its reason and kept. */

import type { BusinessDate } from '#kernel/business-date';
import { utcDateOf } from '#kernel/business-date';
import type { Clock } from '#platform/clock';
import { invariant, PlatformError } from '#platform/errors';
import { payloadOfTrade } from '../domain/sent-trade.ts';
import { canonicalText, type Trade, type TradeRequest } from '../domain/trade.ts';
import { passGate } from '../domain/trade-validation.ts';
import { type UtiIssuer, utiOf } from '../domain/uti.ts';
import type { DeadLetterStore, RefusedTrade } from '../store/dead-letters.ts';
import type { InstrumentLookup } from '../store/instruments.ts';
import { refused, type TradeCommand, type TradeOutcome } from './decide-batch.ts';
import type { PartitionWriters } from './partition-writers.ts';

export const MAX_TRADES_PER_REQUEST = 1_000;

export interface RecordTradesDeps {
  readonly instruments: InstrumentLookup;
  readonly writers: PartitionWriters;
  readonly deadLetters: DeadLetterStore;
  readonly clock: Clock;
  readonly utiIssuer: UtiIssuer;
  /** Equal for equal texts only. */
  readonly fingerprint: (text: string) => { readonly text: string; readonly bits: bigint };
  readonly onRefused?: (reason: string) => void;
}

export interface TradeOrigin {
  /** Where the trades came in: graphql, trade-events. */
  readonly source: string;
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string | null;
}

export interface SentTrade {
  readonly request: TradeRequest;
  readonly origin: TradeOrigin;
}

export type RecordedTrade =
  | Extract<TradeOutcome, { type: 'RECORDED' }>
  | (Extract<TradeOutcome, { type: 'REFUSED' }> & { readonly deadLetterId: string });

/** Answers in the order given. A bad trade fails alone. Sending all of them again is safe. */
export async function recordTrades(
  deps: RecordTradesDeps,
  sent: readonly SentTrade[],
): Promise<readonly RecordedTrade[]> {
  return keepRefused(deps, sent, await attemptTrades(deps, sent));
}

/** As `recordTrades`, for a caller that itself knows what to do with a refused trade. */
export async function attemptTrades(
  deps: Omit<RecordTradesDeps, 'deadLetters'>,
  sent: readonly SentTrade[],
): Promise<readonly TradeOutcome[]> {
  if (sent.length > MAX_TRADES_PER_REQUEST) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `trades: expected at most ${MAX_TRADES_PER_REQUEST}, were ${sent.length}`,
      { details: { limit: 'MAX_TRADES_PER_REQUEST' } },
    );
  }
  const symbols = [...new Set(sent.map(({ request }) => request.symbol.toUpperCase()))];
  const instruments = await deps.instruments.bySymbols(symbols);
  const today = deps.clock.today();
  const nowMs = deps.clock.nowMs();
  const gated = sent.map(({ request, origin }) => {
    const instrument = instruments.get(request.symbol.toUpperCase());
    const result = passGate(request, { instrument, today, nowMs });
    return result.ok
      ? commandOf(deps, result.trade, origin, today)
      : refused(request.tradeId, result.reason, result.message);
  });
  const commands = gated.flatMap((each) => ('trade' in each ? [each] : []));
  const written = (await deps.writers.submit(commands)).values();
  return gated.map((each): TradeOutcome => {
    if (!('trade' in each)) return each;
    const { value } = written.next();
    invariant(value, 'every trade that passed the gate has an outcome');
    return value;
  });
}

function commandOf(
  { fingerprint, utiIssuer }: Pick<RecordTradesDeps, 'fingerprint' | 'utiIssuer'>,
  trade: Trade,
  origin: TradeOrigin,
  today: BusinessDate,
): TradeCommand {
  const { text } = fingerprint(canonicalText(trade));
  // Trade ids never come twice, so neither do their fingerprints; a retry gets the same UTI.
  const { bits } = fingerprint(trade.tradeId);
  const date = trade.executedAtMs === null ? today : utcDateOf(trade.executedAtMs);
  return { trade, requestHash: text, uti: utiOf(utiIssuer, date, bits), ...origin };
}

async function keepRefused(
  deps: RecordTradesDeps,
  sent: readonly SentTrade[],
  outcomes: readonly TradeOutcome[],
): Promise<readonly RecordedTrade[]> {
  const letters = outcomes.flatMap((outcome, index): RefusedTrade[] => {
    const trade = sent[index];
    if (trade === undefined || outcome.type !== 'REFUSED') return [];
    deps.onRefused?.(outcome.reason);
    return [refusedTradeOf(deps, trade, outcome)];
  });
  const ids = (letters.length === 0 ? [] : await deps.deadLetters.keep(letters)).values();
  return outcomes.map((outcome): RecordedTrade => {
    if (outcome.type === 'RECORDED') return outcome;
    const { value } = ids.next();
    invariant(value, 'every refused trade has a dead letter');
    return { ...outcome, deadLetterId: value };
  });
}

function refusedTradeOf(
  { fingerprint }: RecordTradesDeps,
  { request, origin }: SentTrade,
  outcome: Extract<TradeOutcome, { type: 'REFUSED' }>,
): RefusedTrade {
  const { tradeId, bookId, accountId, symbol, clOrdId } = request;
  const payload = payloadOfTrade(request);
  return {
    requestHash: fingerprint(JSON.stringify(payload)).text,
    tradeId,
    bookId,
    accountId,
    symbol,
    clOrdId,
    reason: outcome.reason,
    message: outcome.message,
    payload,
    ...origin,
  };
}
