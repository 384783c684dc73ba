/** Fixed facts for tests of the domain: one book, one instrument, one day. */

import { type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal, ZERO } from '#kernel/decimal';
import { amount, currencyCode, price, quantity } from '#kernel/money';
import { weekdays } from './book-calendar.ts';
import type { ContractTerms } from './contract-terms.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { initialPosition, type Position } from './position.ts';
import { evolve } from './evolve.ts';
import { decide } from './position-decider.ts';
import type { PositionEvent, TradeApplied } from './position-event.ts';
import { type PositionKey, positionKeyOf } from './position-key.ts';
import type { Side, Trade } from './trade.ts';

export const TODAY = businessDate('2026-11-20');
export const USD = currencyCode('USD');

export const aaplKey: PositionKey = keyOf({ bookId: 'BOOK-1', accountId: 'ACC-1' });

export function keyOf(owner: { bookId: string; accountId: string }): PositionKey {
  const result = positionKeyOf({
    ...owner,
    contractId: null,
    instrumentId: 'ins_AAPL',
    symbol: 'AAPL',
    currency: USD,
  });
  if (!result.ok) throw new Error(result.message);
  return result.key;
}

export interface TradeTerms {
  readonly fees?: string;
  readonly on?: string;
  readonly key?: PositionKey;
}

/** `trade('L1', 'BUY', '100', '50', { fees: '5', on: '2026-01-05' })`. */
export function trade(
  tradeId: string,
  side: Side,
  units: string,
  unitPrice: string,
  { fees, on, key }: TradeTerms = {},
): Trade {
  return {
    tradeId,
    key: key ?? aaplKey,
    side,
    quantity: quantity(decimal(units)),
    price: price(decimal(unitPrice)),
    fees: amount(fees === undefined ? ZERO : decimal(fees)),
    effectiveDate: on === undefined ? TODAY : businessDate(on),
    executedAtMs: null,
    clOrdId: null,
    electedLots: null,
    overrideReason: null,
  };
}

/** Terms of one relief method on all days, and nothing else. */
export function termsWith(method: LotReliefMethod): ContractTerms {
  return {
    reliefMethods: [{ from: businessDate('1900-01-01'), method }],
    isLongOnly: false,
    hasWashSales: false,
    booksClosedBefore: null,
  };
}

/** The position after the trades; throws on one that is refused. */
export function positionAfter(
  trades: readonly Trade[],
  reliefMethod: LotReliefMethod = 'FIFO',
  today: BusinessDate = TODAY,
): Position {
  return trades.reduce((position, each) => {
    const decision = decide(position, {
      type: 'ApplyTrade',
      trade: each,
      today,
      terms: termsWith(reliefMethod),
      calendar: weekdays,
      uti: `UTI-${each.tradeId}`,
    });
    if (!decision.ok) throw new Error(`${decision.reason}: ${decision.message}`);
    return decision.events.reduce<Position>(evolve, position);
  }, initialPosition);
}

/** The trade that counts at once: the only event of most decisions. */
export function appliedOf(events: readonly PositionEvent[]): TradeApplied {
  const [event] = events;
  if (event?.type !== 'TRADE_APPLIED') throw new Error(`expected a trade, was ${event?.type}`);
  return event;
}
