/**
 * Pre-trade checks: each looks at the request and at what is known, all that can be made are made,
 * and the first that failed gives the reason.
 */

import { formatDecimal } from '#kernel/decimal';
import { MAX_SCALED, type CurrencyCode, type Price, price, type Quantity } from '#kernel/money';
import type { OrdType, TimeInForce } from './fix-words.ts';
import { farTouch, type Quote } from './match-quote.ts';
import type { OrderRequest } from './order.ts';
import { worstCost } from './order-cash.ts';
import type { OrderRefuseReason, PreTradeCheck, PreTradeCheckCode } from './pre-trade-check.ts';

export const SUPPORTED_ORD_TYPES: readonly OrdType[] = ['MARKET', 'LIMIT'];
export const SUPPORTED_TIMES_IN_FORCE: readonly TimeInForce[] = [
  'DAY',
  'GOOD_TILL_CANCEL',
  'IMMEDIATE_OR_CANCEL',
  'FILL_OR_KILL',
];

/** Instruments that only show a level. */
const NOT_TRADABLE: readonly string[] = ['INDEX'];

/**
 * How far above the far touch a MARKET BUY may fill, and so what it reserves for a unit: the price
 * collar for market orders. Beyond it the order waits: a market order with protection.
 */
export const MARKET_CUSHION_BPS = 500n;
const BPS = 10_000n;

export interface PreTradeFacts {
  /** Null when the symbol is not known. */
  readonly instrument: {
    readonly instrumentId: string;
    readonly assetClass: string;
    readonly currency: CurrencyCode;
  } | null;
  /** Currencies the account holds; empty when the account is not known. */
  readonly currencies: readonly CurrencyCode[];
  /** Not reserved, in the instrument's currency. */
  readonly availableCash: bigint;
  /** Units that may be sold now: held, and not promised to another order. */
  readonly availableUnits: bigint;
  /** Null when no price of any age is known. */
  readonly quote: Quote | null;
}

export interface PreTradeResult {
  readonly checks: readonly PreTradeCheck[];
  readonly refusal: { readonly reason: OrderRefuseReason; readonly message: string } | null;
  /** Null for a SELL, and when it cannot be told. */
  readonly protectionPx: Price | null;
}

interface Finding {
  readonly passed: boolean;
  readonly limit: string | null;
  readonly actual: string | null;
  readonly message: string;
}

/** Null when the check does not apply, or lacks what an earlier failed one would have given. */
type Rule = (request: OrderRequest, facts: PreTradeFacts) => Finding | null;

interface RuleEntry {
  readonly code: PreTradeCheckCode;
  readonly reason: OrderRefuseReason;
  readonly rule: Rule;
}

/** In order of precedence. */
const RULES: readonly RuleEntry[] = [
  { code: 'ORD_TYPE', reason: 'ORD_TYPE_NOT_SUPPORTED', rule: ordTypeRule },
  { code: 'TIME_IN_FORCE', reason: 'TIME_IN_FORCE_NOT_SUPPORTED', rule: timeInForceRule },
  { code: 'INSTRUMENT', reason: 'UNKNOWN_INSTRUMENT', rule: instrumentRule },
  { code: 'TRADABLE', reason: 'INSTRUMENT_NOT_TRADABLE', rule: tradableRule },
  { code: 'QUANTITY', reason: 'INVALID_QUANTITY', rule: quantityRule },
  { code: 'PRICE', reason: 'INVALID_PRICE', rule: priceRule },
  { code: 'ACCOUNT', reason: 'UNKNOWN_ACCOUNT', rule: accountRule },
  { code: 'CURRENCY', reason: 'CURRENCY_MISMATCH', rule: currencyRule },
  { code: 'REFERENCE_PRICE', reason: 'NO_REFERENCE_PRICE', rule: referencePriceRule },
  { code: 'BUYING_POWER', reason: 'INSUFFICIENT_FUNDS', rule: buyingPowerRule },
  { code: 'HOLDINGS', reason: 'INSUFFICIENT_HOLDINGS', rule: holdingsRule },
];

export function checkOrder(request: OrderRequest, facts: PreTradeFacts): PreTradeResult {
  const found = RULES.flatMap(({ code, reason, rule }) => {
    const finding = rule(request, facts);
    return finding === null ? [] : [{ code, reason, ...finding }];
  });
  const failed = found.find((each) => !each.passed);
  return {
    checks: found.map(({ code, passed, limit, actual }) => ({ code, passed, limit, actual })),
    refusal: failed === undefined ? null : { reason: failed.reason, message: failed.message },
    protectionPx: protectionPxOf(request, facts.quote),
  };
}

/** The most a BUY may pay for one unit: its limit, or the far touch and the cushion, half up. */
export function protectionPxOf(
  request: Pick<OrderRequest, 'side' | 'ordType' | 'price'>,
  quote: Quote | null,
): Price | null {
  if (request.side === 'SELL') return null;
  if (request.ordType !== 'MARKET') return request.price;
  if (quote === null) return null;
  const touch = farTouch('BUY', quote);
  return price((touch * (BPS + MARKET_CUSHION_BPS) + BPS / 2n) / BPS);
}

function ordTypeRule({ ordType }: OrderRequest): Finding {
  return oneOf('ordType', ordType, SUPPORTED_ORD_TYPES);
}

function timeInForceRule({ timeInForce }: OrderRequest): Finding {
  return oneOf('timeInForce', timeInForce, SUPPORTED_TIMES_IN_FORCE);
}

function instrumentRule({ symbol }: OrderRequest, { instrument }: PreTradeFacts): Finding {
  return {
    passed: instrument !== null,
    limit: null,
    actual: symbol,
    message: `no instrument has the symbol ${symbol}`,
  };
}

function tradableRule({ symbol }: OrderRequest, { instrument }: PreTradeFacts): Finding | null {
  if (instrument === null) return null;
  return {
    passed: !NOT_TRADABLE.includes(instrument.assetClass),
    limit: null,
    actual: instrument.assetClass,
    message: `${symbol} is an ${instrument.assetClass} and cannot be bought or sold`,
  };
}

function quantityRule({ orderQty }: OrderRequest): Finding {
  const limit = formatDecimal(MAX_SCALED);
  const actual = formatDecimal(orderQty);
  return {
    passed: isInRange(orderQty),
    limit,
    actual,
    message: `orderQty: expected above 0 and at most ${limit}, was ${actual}`,
  };
}

function priceRule(request: OrderRequest): Finding | null {
  if (!SUPPORTED_ORD_TYPES.includes(request.ordType)) return null;
  const isLimit = request.ordType === 'LIMIT';
  const isPriceRight = isLimit
    ? request.price !== null && isInRange(request.price)
    : request.price === null;
  const shown = (value: Price | null) => (value === null ? 'none' : formatDecimal(value));
  const expected = isLimit ? 'above 0' : 'none';
  return {
    passed: isPriceRight && request.stopPx === null,
    limit: isLimit ? formatDecimal(MAX_SCALED) : null,
    actual: request.price === null ? null : formatDecimal(request.price),
    message: isPriceRight
      ? `stopPx: expected none for a ${request.ordType} order, was ${shown(request.stopPx)}`
      : `price: expected ${expected} for a ${request.ordType} order, was ${shown(request.price)}`,
  };
}

function accountRule({ accountId }: OrderRequest, { currencies }: PreTradeFacts): Finding {
  return {
    passed: currencies.length > 0,
    limit: null,
    actual: accountId,
    message: `no cash was ever deposited for the account ${accountId}`,
  };
}

function currencyRule(_request: OrderRequest, facts: PreTradeFacts): Finding | null {
  const { instrument, currencies } = facts;
  if (instrument === null || currencies.length === 0) return null;
  const held = currencies.join(', ');
  return {
    passed: currencies.includes(instrument.currency),
    limit: held,
    actual: instrument.currency,
    message: `the account holds ${held}, the instrument is priced in ${instrument.currency}`,
  };
}

function referencePriceRule(request: OrderRequest, { quote }: PreTradeFacts): Finding | null {
  if (request.ordType !== 'MARKET') return null;
  return {
    passed: quote !== null,
    limit: null,
    actual: quote === null ? null : formatDecimal(farTouch(request.side, quote)),
    message: `no price of ${request.symbol} is known`,
  };
}

function buyingPowerRule(request: OrderRequest, facts: PreTradeFacts): Finding | null {
  const { instrument, currencies, availableCash } = facts;
  const worstPx = protectionPxOf(request, facts.quote);
  if (request.side !== 'BUY' || worstPx === null || instrument === null) return null;
  if (!currencies.includes(instrument.currency)) return null;
  if (!isInRange(request.orderQty) || worstPx <= 0n) return null;
  const needed = worstCost(worstPx, request.orderQty);
  const limit = formatDecimal(availableCash);
  const actual = formatDecimal(needed);
  return {
    passed: needed <= availableCash,
    limit,
    actual,
    message: `${actual} ${instrument.currency} would be reserved, ${limit} is available`,
  };
}

function holdingsRule(request: OrderRequest, facts: PreTradeFacts): Finding | null {
  if (request.side !== 'SELL' || facts.instrument === null) return null;
  if (!isInRange(request.orderQty)) return null;
  const limit = formatDecimal(facts.availableUnits);
  const actual = formatDecimal(request.orderQty);
  return {
    passed: request.orderQty <= facts.availableUnits,
    limit,
    actual,
    message: `${actual} would be sold, ${limit} is held and not promised to another order`,
  };
}

function oneOf(field: string, actual: string, allowed: readonly string[]): Finding {
  const limit = allowed.join(', ');
  return {
    passed: allowed.includes(actual),
    limit,
    actual,
    message: `${field}: expected one of ${limit} in this version, was ${actual}`,
  };
}

function isInRange(value: Price | Quantity): boolean {
  return value > 0n && value <= MAX_SCALED;
}
