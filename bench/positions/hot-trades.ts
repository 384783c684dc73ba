/** An endless stream of trades over many positions, which keep about ten lots each. */

import { addDays, type BusinessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import type { SentTrade } from '../../subgraphs/positions/use-cases/record-trades.ts';

const PRICES = 37;

export interface TradeStream {
  /** The next trade, of the next position. */
  next(): SentTrade;
  /** One that was sent long before. */
  repeated(): SentTrade;
  /** A purchase that counts before what is in the position. */
  late(): SentTrade;
}

export interface StreamShape {
  readonly positions: number;
  /** Buys of a position in a row and as many sales, together. */
  readonly runLength: number;
}

export function createTradeStream(
  name: string,
  { positions, runLength }: StreamShape,
  today: BusinessDate,
): TradeStream {
  let made = 0;
  const trade = (index: number, tradeId: string, effectiveDate: BusinessDate): SentTrade => ({
    request: {
      tradeId,
      bookId: 'BOOK-1',
      accountId: `${name}-${index % positions}`,
      symbol: 'AAPL',
      side: Math.floor(index / positions) % runLength < runLength / 2 ? 'BUY' : 'SELL',
      quantity: decimal('100'),
      price: decimal(`${100 + (index % PRICES)}.25`),
      currency: null,
      fees: decimal('1.5'),
      effectiveDate,
      executedAtMs: null,
      contractId: null,
      clOrdId: `ORDER-${name}-${index}`,
    },
    origin: {
      source: 'graphql',
      user: 'bench',
      correlationId: `${name}-5bb1b2b4-3f0a-4b7d-${index}`,
      causationId: null,
    },
  });
  const idOf = (index: number): string => `TRADE-${name}-${String(index).padStart(9, '0')}`;
  return {
    next() {
      made += 1;
      return trade(made, idOf(made), today);
    },
    repeated() {
      const index = Math.max(1, Math.floor(made / 2));
      return trade(index, idOf(index), today);
    },
    late() {
      made += 1;
      return trade(made, idOf(made), addDays(today, -1));
    },
  };
}
