/** The gate every trade passes before anything is looked up about its position. */

import { addDays, type BusinessDate, businessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { refuse, type Refusal } from '#kernel/decision';
import { amount, MAX_SCALED, price, quantity } from '#kernel/money';
import type { ContractTerms } from './contract-terms.ts';
import { ownerFault, positionKeyOf } from './position-key.ts';
import type { Trade, TradedInstrument, TradeRequest } from './trade.ts';
import type { TradeRefusalReason } from './trade-refusal.ts';

export const MAX_TRADE_ID_LENGTH = 64;
export const MAX_DAYS_AHEAD = 365;
export const MIN_EFFECTIVE_DATE = businessDate('1900-01-01');
/** How far `executedAt` may lie ahead: a wrong time zone of the sender, not a wrong date. */
export const MAX_EXECUTED_AHEAD_MS = 86_400_000;

export const MAX_OVERRIDE_REASON_LENGTH = 200;

/** Printable ASCII without blanks. */
const TRADE_ID = /^[\x21-\x7e]+$/;
/** As in the messages: a foreign text is shown cut. */
const MAX_SHOWN_CHARACTERS = 80;

export interface TradeFacts {
  /** Undefined when reference data does not know the symbol. */
  readonly instrument: TradedInstrument | undefined;
  /** Those of no contract for a trade that names none; undefined for an unknown contract. */
  readonly terms: ContractTerms | undefined;
  /** Business date of the book. */
  readonly today: BusinessDate;
  readonly nowMs: number;
}

export type GateResult =
  | { readonly ok: true; readonly trade: Trade; readonly terms: ContractTerms }
  | Refusal<TradeRefusalReason>;

/** Reasons are checked in the order of TRADE_REFUSAL_REASONS. */
export function passGate(request: TradeRequest, facts: TradeFacts): GateResult {
  const { instrument, terms } = facts;
  if (request.tradeId.length > MAX_TRADE_ID_LENGTH || !TRADE_ID.test(request.tradeId)) {
    const expected = `1 to ${MAX_TRADE_ID_LENGTH} printable ASCII characters without blanks`;
    const found = shown(request.tradeId);
    return refuse('INVALID_TRADE_ID', `tradeId: expected ${expected}, was ${found}`);
  }
  const ownerProblem = ownerFault(request);
  if (ownerProblem !== undefined) return refuse('INVALID_KEY', ownerProblem);
  if (instrument === undefined) {
    return refuse(
      'UNKNOWN_INSTRUMENT',
      `symbol: expected one that market data knows, was ${shown(request.symbol)}`,
    );
  }
  const found = positionKeyOf({ ...request, ...instrument });
  if (!found.ok) return refuse('INVALID_KEY', found.message);
  if (terms === undefined) {
    return refuse(
      'UNKNOWN_CONTRACT',
      `contractId: expected a contract that is defined, was ${shown(request.contractId ?? '')}`,
    );
  }
  const fault =
    amountFault(request, instrument) ??
    timeFault(request, facts) ??
    overrideFault(request) ??
    executionFault(request, facts);
  if (fault !== undefined) return fault;
  return {
    ok: true,
    terms,
    trade: {
      tradeId: request.tradeId,
      key: found.key,
      side: request.side,
      quantity: quantity(request.quantity),
      price: price(request.price),
      fees: amount(request.fees ?? 0n),
      effectiveDate: request.effectiveDate,
      executedAtMs: request.executedAtMs,
      clOrdId: request.clOrdId,
      electedLots:
        request.electedLots?.map((each) => ({
          lotId: each.lotId,
          quantity: quantity(each.quantity),
        })) ?? null,
      overrideReason: request.overrideReason ?? null,
    },
  };
}

function amountFault(
  request: TradeRequest,
  instrument: TradedInstrument,
): Refusal<TradeRefusalReason> | undefined {
  const fault = unitsFault(request);
  if (fault !== undefined) return fault;
  const currency = request.currency?.toUpperCase() ?? instrument.currency;
  if (currency !== instrument.currency) {
    return refuse(
      'CURRENCY_MISMATCH',
      `currency: expected ${instrument.currency}, in which ${instrument.symbol} is priced, ` +
        `was ${shown(currency)}`,
    );
  }
  return feesFault(request);
}

export function unitsFault({
  quantity: units,
  price: unitPrice,
}: Pick<TradeRequest, 'quantity' | 'price'>):
  Refusal<'INVALID_QUANTITY' | 'INVALID_PRICE'> | undefined {
  if (!isPositiveScaled(units)) {
    return refuse('INVALID_QUANTITY', expectedPositive('quantity', units));
  }
  if (!isPositiveScaled(unitPrice)) {
    return refuse('INVALID_PRICE', expectedPositive('price', unitPrice));
  }
  return undefined;
}

export function feesFault({
  fees,
}: Pick<TradeRequest, 'fees'>): Refusal<'NEGATIVE_FEES'> | undefined {
  if (fees === null || fees >= 0n) return undefined;
  return refuse('NEGATIVE_FEES', `fees: expected zero or more, was ${formatDecimal(fees)}`);
}

export function timeFault(
  { effectiveDate }: Pick<TradeRequest, 'effectiveDate'>,
  { today }: Pick<TradeFacts, 'today'>,
): Refusal<'EFFECTIVE_DATE_TOO_FAR'> | undefined {
  const latest = addDays(today, MAX_DAYS_AHEAD);
  if (effectiveDate > latest) {
    return refuse(
      'EFFECTIVE_DATE_TOO_FAR',
      `effectiveDate: expected at most ${latest}, ${MAX_DAYS_AHEAD} days from today, ` +
        `was ${effectiveDate}`,
    );
  }
  if (effectiveDate < MIN_EFFECTIVE_DATE) {
    return refuse(
      'EFFECTIVE_DATE_TOO_FAR',
      `effectiveDate: expected ${MIN_EFFECTIVE_DATE} or later, was ${effectiveDate}`,
    );
  }
  return undefined;
}

function overrideFault({
  overrideReason = null,
}: TradeRequest): Refusal<TradeRefusalReason> | undefined {
  if (overrideReason === null) return undefined;
  const length = overrideReason.trim() === '' ? 0 : overrideReason.length;
  if (length > 0 && length <= MAX_OVERRIDE_REASON_LENGTH) return undefined;
  return refuse(
    'INVALID_OVERRIDE',
    `overrideReason: expected 1 to ${MAX_OVERRIDE_REASON_LENGTH} characters, ` +
      `was ${shown(overrideReason)}`,
  );
}

export function executionFault(
  { executedAtMs }: Pick<TradeRequest, 'executedAtMs'>,
  { nowMs }: Pick<TradeFacts, 'nowMs'>,
): Refusal<'EXECUTED_IN_THE_FUTURE'> | undefined {
  if (executedAtMs !== null && executedAtMs > nowMs + MAX_EXECUTED_AHEAD_MS) {
    return refuse(
      'EXECUTED_IN_THE_FUTURE',
      `executedAt: expected at most one day ahead of ${isoInstant(nowMs)}, ` +
        `was ${isoInstant(executedAtMs)}`,
    );
  }
  return undefined;
}

/**
 * A trade of a closed period counts only when somebody says why it must. Not part of the gate: a
 * trade that was recorded before the period was closed is the same trade all the same.
 */
export function closedPeriodFault(
  { effectiveDate, overrideReason }: Trade,
  closedBefore: BusinessDate | null,
): Refusal<TradeRefusalReason> | undefined {
  if (closedBefore === null || effectiveDate >= closedBefore) return undefined;
  if (overrideReason !== null) return undefined;
  return refuse(
    'PERIOD_CLOSED',
    `effectiveDate: expected ${closedBefore} or later, as the books before are closed, or why ` +
      `not in overrideReason; was ${effectiveDate}`,
  );
}

const isoInstant = (epochMs: number): string => new Date(epochMs).toISOString();

function isPositiveScaled(value: bigint): boolean {
  return value > 0n && value <= MAX_SCALED;
}

function expectedPositive(field: string, value: bigint): string {
  const most = formatDecimal(MAX_SCALED);
  return `${field}: expected above zero and at most ${most}, was ${formatDecimal(value)}`;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, MAX_SHOWN_CHARACTERS));
}
