/** Matches one order against one quote, as the simulated broker fills it. */

import type { Price, Quantity } from '#kernel/money';
import type { OrdType, Side, TimeInForce } from './fix-words.ts';

export interface Quote {
  readonly last: Price;
  readonly bid: Price | null;
  readonly ask: Price | null;
}

export interface WorkingOrder {
  readonly side: Side;
  readonly ordType: OrdType;
  readonly timeInForce: TimeInForce;
  readonly price: Price | null;
  readonly protectionPx: Price | null;
  readonly leavesQty: Quantity;
}

export interface Match {
  readonly lastQty: Quantity;
  readonly lastPx: Price;
}

/** The price a marketable order meets: a BUY the ask, a SELL the bid; the last without them. */
export function farTouch(side: Side, quote: Quote): Price {
  return (side === 'BUY' ? quote.ask : quote.bid) ?? quote.last;
}

/**
 * What of the order the quote fills, at the far touch; null when nothing. `size` is what the quote
 * still has to give, null for without bound.
 *
 * A LIMIT fills when the touch is at its price or better, a MARKET order within its protection
 * price. FILL_OR_KILL takes all or nothing.
 */
export function matchQuote(order: WorkingOrder, quote: Quote, size: Quantity | null): Match | null {
  const lastPx = farTouch(order.side, quote);
  if (!isMarketable(order, lastPx)) return null;
  const lastQty = size === null || size > order.leavesQty ? order.leavesQty : size;
  if (lastQty <= 0n) return null;
  if (order.timeInForce === 'FILL_OR_KILL' && lastQty < order.leavesQty) return null;
  return { lastQty, lastPx };
}

function isMarketable(order: WorkingOrder, touch: Price): boolean {
  if (order.protectionPx !== null && touch > order.protectionPx) return false;
  if (order.ordType === 'MARKET') return true;
  if (order.ordType !== 'LIMIT' || order.price === null) return false;
  return order.side === 'BUY' ? touch <= order.price : touch >= order.price;
}

/** What becomes of the rest once the first quote was tried; null: it stays and waits. */
export function restOutcome(timeInForce: TimeInForce): 'ReportCanceled' | 'ReportExpired' | null {
  switch (timeInForce) {
    case 'IMMEDIATE_OR_CANCEL':
      return 'ReportCanceled';
    case 'FILL_OR_KILL':
      return 'ReportExpired';
    case 'DAY':
    case 'GOOD_TILL_CANCEL':
    case 'AT_THE_OPENING':
    case 'GOOD_TILL_CROSSING':
    case 'GOOD_TILL_DATE':
    case 'AT_THE_CLOSE':
      return null;
  }
}

export interface RankedOrder extends WorkingOrder {
  /** Grows with arrival; a replacement that loses priority gets a new one. */
  readonly priority: number;
}

/** Price-time priority within one side: MARKET first, then the better limit, then the earlier. */
export function byPriority(a: RankedOrder, b: RankedOrder): number {
  if (a.price !== b.price) {
    if (a.price === null) return -1;
    if (b.price === null) return 1;
    const aIsBetter = a.side === 'BUY' ? a.price > b.price : a.price < b.price;
    return aIsBetter ? -1 : 1;
  }
  return a.priority - b.priority;
}

/** FIX: a new price or a greater quantity goes to the end of the queue, a smaller one stays. */
export function losesPriority(
  before: Pick<WorkingOrder, 'price' | 'leavesQty'>,
  after: Pick<WorkingOrder, 'price' | 'leavesQty'>,
): boolean {
  return before.price !== after.price || after.leavesQty > before.leavesQty;
}
