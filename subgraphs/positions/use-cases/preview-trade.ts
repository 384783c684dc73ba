/** Shows what recording a trade would do, or which lots each relief method would take. */

import type { BusinessDate } from '#kernel/business-date';
import { PlatformError } from '#platform/errors';
import { weekdays } from '../domain/book-calendar.ts';
import {
  type ContractTerms,
  NO_CONTRACT_TERMS,
  withBooksClosed,
} from '../domain/contract-terms.ts';
import { foldAsOf } from '../domain/fold.ts';
import type { Position } from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { canonicalText, type Trade, type TradeRequest } from '../domain/trade.ts';
import type { TradeClassification } from '../domain/trade-classification.ts';
import { previewTradeOn, type TradePreview } from '../domain/trade-preview.ts';
import type { TradeRefusalReason } from '../domain/trade-refusal.ts';
import { closedPeriodFault, type GateResult, passGate } from '../domain/trade-validation.ts';
import type { ContractLookup } from '../store/contract-lookup.ts';
import type { TradeBatchStore } from '../store/trade-batches.ts';
import type { FindPositionDeps } from './find-position.ts';
import { MAX_ELECTED_LOTS, type RecordTradesDeps } from './record-trades.ts';

export interface PreviewTradeDeps extends FindPositionDeps {
  readonly contracts: ContractLookup;
  readonly recorded: Pick<TradeBatchStore, 'outcomesOf'>;
  readonly booksClosedBefore: BusinessDate | null;
  readonly fingerprint: RecordTradesDeps['fingerprint'];
}

export type PreviewedTrade =
  | {
      readonly type: 'PREVIEWED';
      readonly tradeId: string;
      readonly key: PositionKey;
      readonly preview: TradePreview;
    }
  /** The same trade is recorded: to record it again would write nothing. */
  | {
      readonly type: 'DUPLICATE';
      readonly tradeId: string;
      readonly key: PositionKey;
      readonly classification: TradeClassification;
      readonly position: Position;
    }
  | {
      readonly type: 'REFUSED';
      readonly tradeId: string;
      /** Null when the trade did not pass the gate. */
      readonly key: PositionKey | null;
      readonly reason: TradeRefusalReason;
      readonly message: string;
    };

/** The gate, the terms and the decisions are those that record trades. Writes nothing. */
export async function previewTrade(
  deps: PreviewTradeDeps,
  request: TradeRequest,
): Promise<PreviewedTrade> {
  const { tradeId } = request;
  const gated = await gateTrade(deps, request);
  if (!gated.ok) return refusedAs(tradeId, null, gated);
  const { trade, terms } = gated;
  const { key } = trade;
  const earlier = (await deps.recorded.outcomesOf([tradeId])).get(tradeId);
  if (earlier !== undefined && earlier.requestHash !== requestHashOf(deps, trade)) {
    const message =
      `tradeId: expected the content with which ${tradeId} was recorded as event ` +
      `${earlier.eventVersion} of ${earlier.positionKey}, was another one`;
    return refusedAs(tradeId, key, { reason: 'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT', message });
  }
  const closed = closedPeriodFault(trade, terms.booksClosedBefore);
  if (earlier === undefined && closed !== undefined) return refusedAs(tradeId, key, closed);

  return deps.replays.run(async () => {
    const upTo = await deps.knownHistory.lastVersion(key, null);
    const { from, events } = await deps.knownHistory.load(key, {
      upTo,
      knownAtMs: null,
      effectiveAt: null,
      withDay: trade.effectiveDate,
    });
    if (earlier !== undefined) {
      const classification = earlier.classification ?? 'CURRENT_DATED';
      return {
        type: 'DUPLICATE',
        tradeId,
        key,
        classification,
        position: foldAsOf(events, { from }),
      };
    }
    const today = deps.clock.today();
    const command = { type: 'ApplyTrade', trade, today, terms, uti: null } as const;
    const decision = previewTradeOn(events, { ...command, calendar: weekdays }, from);
    return decision.ok
      ? { type: 'PREVIEWED', tradeId, key, preview: decision.preview }
      : refusedAs(tradeId, key, decision);
  });
}

/** As one trade of a request passes it, with the books closed for all contracts in its terms. */
export async function gateTrade(
  {
    instruments,
    contracts,
    clock,
    booksClosedBefore,
  }: Pick<PreviewTradeDeps, 'instruments' | 'contracts' | 'clock' | 'booksClosedBefore'>,
  request: TradeRequest,
): Promise<GateResult> {
  requireFewLots(request);
  const symbol = request.symbol.toUpperCase();
  const contractId = request.contractId?.toUpperCase() ?? null;
  const [known, terms] = await Promise.all([
    instruments.bySymbols([symbol]),
    termsOf(contracts, contractId),
  ]);
  const result = passGate(request, {
    instrument: known.get(symbol),
    terms,
    today: clock.today(),
    nowMs: clock.nowMs(),
  });
  return result.ok
    ? { ...result, terms: withBooksClosed(result.terms, booksClosedBefore) }
    : result;
}

function requireFewLots({ electedLots }: TradeRequest): void {
  const elected = electedLots?.length ?? 0;
  if (elected <= MAX_ELECTED_LOTS) return;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `electedLots: expected at most ${MAX_ELECTED_LOTS}, were ${elected}`,
    { details: { limit: 'MAX_ELECTED_LOTS' } },
  );
}

async function termsOf(
  contracts: ContractLookup,
  contractId: string | null,
): Promise<ContractTerms | undefined> {
  if (contractId === null) return NO_CONTRACT_TERMS;
  return (await contracts.termsByIds([contractId])).get(contractId);
}

function requestHashOf({ fingerprint }: PreviewTradeDeps, trade: Trade): string {
  return fingerprint(canonicalText(trade)).text;
}

function refusedAs(
  tradeId: string,
  key: PositionKey | null,
  refusal: { readonly reason: TradeRefusalReason; readonly message?: string },
): PreviewedTrade {
  const { reason, message = reason } = refusal;
  return { type: 'REFUSED', tradeId, key, reason, message };
}
