/** Order events as they are stored: JSON with decimals as text, read back to domain events. */

import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, type Price, price, type Quantity, quantity } from '#kernel/money';
import {
  integer,
  oneOf,
  type Payload,
  payload,
  parsed,
  parsedOrNull,
  text,
  textOrNull,
  UnreadableEvent,
} from '#kernel/topics/reading';
import type { JsonValue } from '#platform/ports';
import { ORD_TYPES, SIDES, TIMES_IN_FORCE } from '../domain/fix-words.ts';
import {
  accountId,
  clOrdId,
  execId,
  orderId,
  type OrderEvent,
  type OrderTerms,
  type ReplacementTerms,
} from '../domain/order.ts';
import {
  ORDER_REFUSE_REASONS,
  PRE_TRADE_CHECK_CODES,
  type PreTradeCheck,
} from '../domain/pre-trade-check.ts';

/** Written into every row; a new form gets a new number, and an upcast here. */
export const ORDER_EVENT_SCHEMA_VERSION = 1;

export function encodeOrderEvent(event: OrderEvent): JsonValue {
  switch (event.type) {
    case 'OrderSubmitted':
      return {
        terms: {
          ...event.terms,
          orderQty: formatDecimal(event.terms.orderQty),
          price: textOf(event.terms.price),
          stopPx: textOf(event.terms.stopPx),
          protectionPx: textOf(event.terms.protectionPx),
        },
        checks: event.checks.map((check) => ({ ...check })),
      };
    case 'OrderRejected':
      return { reason: event.reason, message: event.message };
    case 'OrderFilled':
      return {
        execId: event.execId,
        lastQty: formatDecimal(event.lastQty),
        lastPx: formatDecimal(event.lastPx),
        transactTimeMs: event.transactTimeMs,
        tradeDate: event.tradeDate,
      };
    case 'FillBusted':
      return { execId: event.execId, execRefId: event.execRefId };
    case 'ReplaceRequested':
    case 'OrderReplaced':
      return {
        terms: {
          orderQty: formatDecimal(event.terms.orderQty),
          price: textOf(event.terms.price),
          protectionPx: textOf(event.terms.protectionPx),
        },
      };
    case 'OrderAcknowledged':
    case 'CancelRequested':
    case 'CancelRefused':
    case 'OrderCanceled':
    case 'ReplaceRefused':
    case 'OrderExpired':
      return {};
  }
}

const EVENT_TYPES = [
  'OrderSubmitted',
  'OrderRejected',
  'OrderAcknowledged',
  'OrderFilled',
  'FillBusted',
  'CancelRequested',
  'CancelRefused',
  'OrderCanceled',
  'ReplaceRequested',
  'ReplaceRefused',
  'OrderReplaced',
  'OrderExpired',
] as const satisfies readonly OrderEvent['type'][];

/** Throws UnreadableEvent: a stored event that cannot be read is a bug, never skipped. */
export function parseOrderEvent(eventType: string, stored: unknown): OrderEvent {
  const type = oneOf({ eventType }, 'eventType', EVENT_TYPES);
  const from = payload(stored);
  switch (type) {
    case 'OrderSubmitted':
      return {
        type,
        terms: parseTerms(payload(from['terms'])),
        checks: parseChecks(from['checks']),
      };
    case 'OrderRejected':
      return {
        type,
        reason: oneOf(from, 'reason', ORDER_REFUSE_REASONS),
        message: text(from, 'message'),
      };
    case 'OrderFilled':
      return {
        type,
        execId: parsed(from, 'execId', execId),
        lastQty: parsed(from, 'lastQty', readQuantity),
        lastPx: parsed(from, 'lastPx', readPrice),
        transactTimeMs: integer(from, 'transactTimeMs'),
        tradeDate: parsed(from, 'tradeDate', businessDate),
      };
    case 'FillBusted':
      return {
        type,
        execId: parsed(from, 'execId', execId),
        execRefId: parsed(from, 'execRefId', execId),
      };
    case 'ReplaceRequested':
    case 'OrderReplaced':
      return { type, terms: parseReplacement(payload(from['terms'])) };
    case 'OrderAcknowledged':
    case 'CancelRequested':
    case 'CancelRefused':
    case 'OrderCanceled':
    case 'ReplaceRefused':
    case 'OrderExpired':
      return { type };
  }
}

function parseTerms(from: Payload): OrderTerms {
  return {
    orderId: parsed(from, 'orderId', orderId),
    clOrdId: parsed(from, 'clOrdId', clOrdId),
    accountId: parsed(from, 'accountId', accountId),
    bookId: text(from, 'bookId'),
    symbol: text(from, 'symbol'),
    instrumentId: textOrNull(from, 'instrumentId'),
    currency: parsedOrNull(from, 'currency', currencyCode),
    side: oneOf(from, 'side', SIDES),
    ordType: oneOf(from, 'ordType', ORD_TYPES),
    timeInForce: oneOf(from, 'timeInForce', TIMES_IN_FORCE),
    stopPx: parsedOrNull(from, 'stopPx', readPrice),
    tradeDate: parsed(from, 'tradeDate', businessDate),
    expiresOn: parsed(from, 'expiresOn', businessDate),
    placedBy: text(from, 'placedBy'),
    ...parseReplacement(from),
  };
}

function parseReplacement(from: Payload): ReplacementTerms {
  return {
    orderQty: parsed(from, 'orderQty', readQuantity),
    price: parsedOrNull(from, 'price', readPrice),
    protectionPx: parsedOrNull(from, 'protectionPx', readPrice),
  };
}

export function parseChecks(stored: unknown): readonly PreTradeCheck[] {
  if (!Array.isArray(stored)) throw new UnreadableEvent('checks: expected a list');
  return stored.map((each: unknown): PreTradeCheck => {
    const from = payload(each);
    return {
      code: oneOf(from, 'code', PRE_TRADE_CHECK_CODES),
      passed: from['passed'] === true,
      limit: textOrNull(from, 'limit'),
      actual: textOrNull(from, 'actual'),
    };
  });
}

function readQuantity(stored: string): Quantity {
  return quantity(decimal(stored));
}

function readPrice(stored: string): Price {
  return price(decimal(stored));
}

function textOf(value: bigint | null): string | null {
  return value === null ? null : formatDecimal(value);
}
