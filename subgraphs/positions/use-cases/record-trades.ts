/** Records trades: each is counted once, or refused with its reason and kept. */

import type { BusinessDate } from '#kernel/business-date';
import type { Clock } from '#platform/clock';
import { invariant, PlatformError } from '#platform/errors';
import {
  type ContractTerms,
  NO_CONTRACT_TERMS,
  withBooksClosed,
} from '../domain/contract-terms.ts';
import { payloadOfTrade } from '../domain/sent-trade.ts';
import { canonicalText, type Trade, type TradeRequest } from '../domain/trade.ts';
import { passGate } from '../domain/trade-validation.ts';
import type { ContractLookup } from '../store/contract-lookup.ts';
import type { DeadLetterStore, RefusedTrade } from '../store/dead-letters.ts';
import type { InstrumentLookup } from '../store/instruments.ts';
import type { LatestDates } from '../store/latest-dates.ts';
import type { ContractGenerator } from './contract-generator.ts';
import { generateInTime } from './generate-contracts.ts';
import type { PartitionWriters } from './partition-writers.ts';
import { refused, submitTrades, type TradeCommand, type TradeOutcome } from './trade-command.ts';
import { SHED_BACKDATED_DEPTH, type TradeLimits } from './trade-limits.ts';

export const MAX_TRADES_PER_REQUEST = 1_000;
/** Who takes more lots at once sells in several trades. */
export const MAX_ELECTED_LOTS = 1_000;

export interface RecordTradesDeps {
  readonly instruments: InstrumentLookup;
  readonly contracts: ContractLookup;
  readonly generator: ContractGenerator;
  readonly latestDates: LatestDates;
  readonly limits: TradeLimits;
  readonly writers: PartitionWriters;
  readonly deadLetters: DeadLetterStore;
  readonly clock: Clock;
  /** Trades before this day need a reason, in contracts and outside; null: none is closed. */
  readonly booksClosedBefore: BusinessDate | null;
  /** Equal for equal texts only. */
  readonly fingerprint: (text: string) => { readonly text: string; readonly bits: bigint };
  readonly onRefused?: (reason: string) => void;
  readonly onContractPending?: (trades: number) => void;
}

/** What becomes of a trade that is put off: the sender hears of it, or it waits where it is. */
export type WhenShed = 'refuse' | 'wait';

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
  | (Extract<TradeOutcome, { type: 'REFUSED' }> & {
      /** Null for a trade that was put off and not kept. */
      readonly deadLetterId: string | null;
    });

/** Answers in the order given. A bad trade fails alone. Sending all of them again is safe. */
export async function recordTrades(
  deps: RecordTradesDeps,
  sent: readonly SentTrade[],
  whenShed: WhenShed = 'refuse',
): Promise<readonly RecordedTrade[]> {
  return keepRefused(deps, sent, await attemptTrades(deps, sent, whenShed));
}

/** As `recordTrades`, for a caller that itself knows what to do with a refused trade. */
export async function attemptTrades(
  deps: Omit<RecordTradesDeps, 'deadLetters'>,
  sent: readonly SentTrade[],
  whenShed: WhenShed = 'refuse',
): Promise<readonly TradeOutcome[]> {
  requireRoom(sent);
  const gated = await gateAll(deps, sent);
  const passed = gated.flatMap((each) => (each.ok ? [each] : []));
  deps.limits.admit(passed.map(({ trade }) => trade.key.text));
  const late = deps.limits.sheds('BACKDATED_TRADE') ? await lateTrades(deps, passed) : NO_TRADES;
  shedLate(deps, late.size, whenShed);
  const taken = passed.filter(({ trade }) => !late.has(trade));
  const commands = await commandsOf(deps, taken);
  const written = await submitTrades(deps.writers, commands);
  const outcomes = new Map(taken.map(({ trade }, index) => [trade, written[index]]));
  return gated.map((each): TradeOutcome => {
    if (!each.ok) return refused(each.tradeId, each.reason, each.message);
    if (late.has(each.trade)) return refused(each.trade.tradeId, 'OVERLOADED', OVERLOADED);
    const outcome = outcomes.get(each.trade);
    invariant(outcome, 'every trade that was taken has an outcome');
    return outcome;
  });
}

const OVERLOADED =
  'expected a current trade while the platform is overloaded, was one dated before the latest ' +
  'in its position; send it again in a moment';
const NO_TRADES: ReadonlySet<Trade> = new Set();

interface PassedTrade {
  readonly trade: Trade;
  readonly terms: ContractTerms;
  readonly origin: TradeOrigin;
}

function requireRoom(sent: readonly SentTrade[]): void {
  if (sent.length > MAX_TRADES_PER_REQUEST) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `trades: expected at most ${MAX_TRADES_PER_REQUEST}, were ${sent.length}`,
      { details: { limit: 'MAX_TRADES_PER_REQUEST' } },
    );
  }
  const elected = Math.max(0, ...sent.map(({ request }) => request.electedLots?.length ?? 0));
  if (elected > MAX_ELECTED_LOTS) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `electedLots: expected at most ${MAX_ELECTED_LOTS}, were ${elected}`,
      { details: { limit: 'MAX_ELECTED_LOTS' } },
    );
  }
}

async function gateAll(
  { instruments, contracts, clock }: Pick<RecordTradesDeps, 'instruments' | 'contracts' | 'clock'>,
  sent: readonly SentTrade[],
) {
  const requests = sent.map(({ request }) => request);
  const contractIds = requests.flatMap(({ contractId }) => contractId?.toUpperCase() ?? []);
  const [known, terms] = await Promise.all([
    instruments.bySymbols([...new Set(requests.map(({ symbol }) => symbol.toUpperCase()))]),
    contracts.termsByIds([...new Set(contractIds)]),
  ]);
  const today = clock.today();
  const nowMs = clock.nowMs();
  return sent.map(({ request, origin }) => {
    const { symbol, contractId, tradeId } = request;
    const result = passGate(request, {
      instrument: known.get(symbol.toUpperCase()),
      terms: contractId === null ? NO_CONTRACT_TERMS : terms.get(contractId.toUpperCase()),
      today,
      nowMs,
    });
    return result.ok ? { ...result, origin } : { ...result, tradeId };
  });
}

/** Those dated before the latest date in their position. */
async function lateTrades(
  { latestDates, clock }: Pick<RecordTradesDeps, 'latestDates' | 'clock'>,
  passed: readonly PassedTrade[],
): Promise<ReadonlySet<Trade>> {
  const today = clock.today();
  const older = passed.flatMap(({ trade }) => (trade.effectiveDate < today ? [trade] : []));
  const latest = await latestDates.of(older.map(({ key }) => key.text));
  return new Set(
    older.filter(({ key, effectiveDate }) => effectiveDate < (latest.get(key.text) ?? '')),
  );
}

function shedLate({ limits }: Pick<RecordTradesDeps, 'limits'>, count: number, when: WhenShed) {
  if (count === 0) return;
  limits.shed('BACKDATED_TRADE', count);
  if (when === 'refuse') return;
  throw new PlatformError(
    'RATE_LIMITED',
    `expected fewer than ${SHED_BACKDATED_DEPTH} trades in flight for backdated trades`,
    { details: { limit: 'SHED_BACKDATED_DEPTH' } },
  );
}

async function commandsOf(
  deps: Omit<RecordTradesDeps, 'deadLetters'>,
  taken: readonly PassedTrade[],
): Promise<readonly TradeCommand[]> {
  const { generator, fingerprint, booksClosedBefore } = deps;
  // The contract of a late trade is generated after its correction, and asking has its price.
  const late = generator.isRemote ? await lateTrades(deps, taken) : NO_TRADES;
  const current = taken.flatMap(({ trade }) => (late.has(trade) ? [] : [trade]));
  const utis = await generateInTime(generator, current);
  deps.onContractPending?.(
    taken.length - current.filter(({ tradeId }) => utis.has(tradeId)).length,
  );
  return taken.map(({ trade, terms, origin }) => ({
    trade,
    terms: withBooksClosed(terms, booksClosedBefore),
    requestHash: fingerprint(canonicalText(trade)).text,
    uti: utis.get(trade.tradeId) ?? null,
    ...origin,
  }));
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
    if (outcome.reason === 'OVERLOADED') return [];
    return [refusedTradeOf(deps, trade, outcome)];
  });
  const ids = (letters.length === 0 ? [] : await deps.deadLetters.keep(letters)).values();
  return outcomes.map((outcome): RecordedTrade => {
    if (outcome.type === 'RECORDED') return outcome;
    if (outcome.reason === 'OVERLOADED') return { ...outcome, deadLetterId: null };
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
