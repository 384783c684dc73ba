/** A trade as it was sent, as JSON and back: what a dead letter keeps. */

import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import type { Json } from '#kernel/topics/event-type';
import {
  integer,
  oneOf,
  parsed,
  parsedOrNull,
  payload,
  text,
  textOrNull,
  UnreadableEvent,
} from '#kernel/topics/reading';
import { SIDES, type TradeRequest } from './trade.ts';

export type SentTradePayload = Readonly<Record<string, Json>>;

/** Decimals as text. The order of the fields stays: fingerprints of this JSON are kept. */
export function payloadOfTrade(request: TradeRequest): SentTradePayload {
  const { electedLots, overrideReason, ...always } = request;
  return {
    ...always,
    quantity: formatDecimal(request.quantity),
    price: formatDecimal(request.price),
    fees: request.fees === null ? null : formatDecimal(request.fees),
    // Not there when not set: trades that were kept before these fields keep their fingerprints.
    ...(isSet(electedLots) && { electedLots: electedLots.map(electedLotText) }),
    ...(isSet(overrideReason) && { overrideReason }),
  };
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

type SentLots = NonNullable<TradeRequest['electedLots']>;

function electedLotText({ lotId, quantity }: SentLots[number]): Json {
  return { lotId, quantity: formatDecimal(quantity) };
}

function electedLotsOf(value: unknown): SentLots | null {
  if (!isSet(value)) return null;
  if (!Array.isArray(value)) throw new UnreadableEvent('electedLots: expected a list');
  return value.map((each: unknown) => {
    const from = payload(each);
    return { lotId: text(from, 'lotId'), quantity: parsed(from, 'quantity', decimal) };
  });
}

/** Undefined when it is no trade. */
export function tradeOfPayload(value: unknown): TradeRequest | undefined {
  try {
    const from = payload(value);
    const electedLots = electedLotsOf(from['electedLots']);
    const overrideReason = textOrNull(from, 'overrideReason');
    return {
      tradeId: text(from, 'tradeId'),
      bookId: text(from, 'bookId'),
      accountId: text(from, 'accountId'),
      symbol: text(from, 'symbol'),
      side: oneOf(from, 'side', SIDES),
      quantity: parsed(from, 'quantity', decimal),
      price: parsed(from, 'price', decimal),
      currency: textOrNull(from, 'currency'),
      fees: parsedOrNull(from, 'fees', decimal),
      effectiveDate: parsed(from, 'effectiveDate', businessDate),
      executedAtMs: from['executedAtMs'] === null ? null : integer(from, 'executedAtMs'),
      contractId: textOrNull(from, 'contractId'),
      clOrdId: textOrNull(from, 'clOrdId'),
      ...(isSet(electedLots) && { electedLots }),
      ...(isSet(overrideReason) && { overrideReason }),
    };
  } catch (error) {
    if (error instanceof UnreadableEvent) return undefined;
    throw error;
  }
}
