/** The order aggregate: its state, its events, and what an event does to it. */

import type { BusinessDate } from '#kernel/business-date';
import { divideHalfEven, ZERO } from '#kernel/decimal';
import { type CurrencyCode, type Price, price, type Quantity, quantity } from '#kernel/money';
import type { OrdStatus, OrdType, Side, TimeInForce } from './fix-words.ts';
import type { OrderRefuseReason, PreTradeCheck } from './pre-trade-check.ts';

export type OrderId = string & { readonly brand: 'OrderId' };
export type ClOrdId = string & { readonly brand: 'ClOrdId' };
export type ExecId = string & { readonly brand: 'ExecId' };
export type AccountId = string & { readonly brand: 'AccountId' };

export const orderId = (text: string): OrderId => text as OrderId;
export const clOrdId = (text: string): ClOrdId => text as ClOrdId;
export const execId = (text: string): ExecId => text as ExecId;
export const accountId = (text: string): AccountId => text as AccountId;

/** What the client asked for. */
export interface OrderRequest {
  readonly clOrdId: ClOrdId;
  readonly accountId: AccountId;
  readonly bookId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly ordType: OrdType;
  readonly timeInForce: TimeInForce;
  readonly orderQty: Quantity;
  /** Limit price; null for a MARKET order. */
  readonly price: Price | null;
  readonly stopPx: Price | null;
}

/** The request, and what we added to it. */
export interface OrderTerms extends OrderRequest {
  readonly orderId: OrderId;
  /** Null when the symbol is not known: such an order is refused, and kept. */
  readonly instrumentId: string | null;
  /** Currency of the instrument's prices. */
  readonly currency: CurrencyCode | null;
  /** No BUY fill may cost more for one unit: the price cash is reserved at. Null for a SELL. */
  readonly protectionPx: Price | null;
  readonly tradeDate: BusinessDate;
  /** The last business date on which it may trade. */
  readonly expiresOn: BusinessDate;
  /** A user or a service principal. */
  readonly placedBy: string;
}

export interface Fill {
  readonly execId: ExecId;
  readonly lastQty: Quantity;
  readonly lastPx: Price;
  readonly isBusted: boolean;
}

export interface ReplacementTerms {
  /** The new total, what is filled already included. */
  readonly orderQty: Quantity;
  readonly price: Price | null;
  readonly protectionPx: Price | null;
}

type Pending =
  { readonly type: 'CANCEL' } | { readonly type: 'REPLACE'; readonly terms: ReplacementTerms };

export type Ending = 'CANCELED' | 'EXPIRED' | 'REJECTED';

export interface Order extends OrderTerms {
  readonly ordStatus: OrdStatus;
  readonly cumQty: Quantity;
  readonly leavesQty: Quantity;
  readonly fills: readonly Fill[];
  readonly checks: readonly PreTradeCheck[];
  readonly isAcknowledged: boolean;
  /** A request that the broker has not answered yet. */
  readonly pending: Pending | null;
  readonly ending: Ending | null;
  readonly rejectReason: OrderRefuseReason | null;
  readonly rejectMessage: string | null;
  /** A fill came after the end: booked all the same, to be looked at by a person. */
  readonly alarm: 'FILL_AFTER_TERMINAL' | null;
}

export type OrderEvent =
  | {
      readonly type: 'OrderSubmitted';
      readonly terms: OrderTerms;
      readonly checks: readonly PreTradeCheck[];
    }
  | {
      readonly type: 'OrderRejected';
      readonly reason: OrderRefuseReason;
      readonly message: string;
    }
  | { readonly type: 'OrderAcknowledged' }
  | {
      readonly type: 'OrderFilled';
      readonly execId: ExecId;
      readonly lastQty: Quantity;
      readonly lastPx: Price;
      readonly transactTimeMs: number;
      readonly tradeDate: BusinessDate;
    }
  | { readonly type: 'FillBusted'; readonly execId: ExecId; readonly execRefId: ExecId }
  | { readonly type: 'CancelRequested' }
  | { readonly type: 'CancelRefused' }
  | { readonly type: 'OrderCanceled' }
  | { readonly type: 'ReplaceRequested'; readonly terms: ReplacementTerms }
  | { readonly type: 'ReplaceRefused' }
  | { readonly type: 'OrderReplaced'; readonly terms: ReplacementTerms }
  | { readonly type: 'OrderExpired' };

/** Null until the first event. */
export const initialOrder: Order | null = null;

export const NO_QUANTITY = quantity(ZERO);

/** Never refuses: an event is a fact. Only an order's first event may meet null. */
export function evolve(order: Order | null, event: OrderEvent): Order {
  if (event.type === 'OrderSubmitted') return submitted(event.terms, event.checks);
  if (order === null) throw new RangeError(`expected OrderSubmitted first, was ${event.type}`);
  return withDerivedFigures(applied(order, event));
}

function submitted(terms: OrderTerms, checks: readonly PreTradeCheck[]): Order {
  return {
    ...terms,
    ordStatus: 'PENDING_NEW',
    cumQty: NO_QUANTITY,
    leavesQty: terms.orderQty,
    fills: [],
    checks,
    isAcknowledged: false,
    pending: null,
    ending: null,
    rejectReason: null,
    rejectMessage: null,
    alarm: null,
  };
}

function applied(order: Order, event: Exclude<OrderEvent, { type: 'OrderSubmitted' }>): Order {
  switch (event.type) {
    case 'OrderRejected':
      return {
        ...order,
        ending: 'REJECTED',
        rejectReason: event.reason,
        rejectMessage: event.message,
      };
    case 'OrderAcknowledged':
      return { ...order, isAcknowledged: true };
    case 'OrderFilled': {
      const { execId, lastQty, lastPx } = event;
      return {
        ...order,
        // A fill says more than an acknowledgement, and may overtake it.
        isAcknowledged: true,
        fills: [...order.fills, { execId, lastQty, lastPx, isBusted: false }],
        alarm: order.ending === null ? order.alarm : 'FILL_AFTER_TERMINAL',
      };
    }
    case 'FillBusted':
      return {
        ...order,
        fills: order.fills.map((fill) =>
          fill.execId === event.execRefId ? { ...fill, isBusted: true } : fill,
        ),
      };
    case 'CancelRequested':
      return { ...order, pending: { type: 'CANCEL' } };
    case 'ReplaceRequested':
      return { ...order, pending: { type: 'REPLACE', terms: event.terms } };
    case 'CancelRefused':
    case 'ReplaceRefused':
      return { ...order, pending: null };
    case 'OrderReplaced':
      return { ...order, ...event.terms, pending: null };
    case 'OrderCanceled':
      return { ...order, ending: 'CANCELED', pending: null };
    case 'OrderExpired':
      return { ...order, ending: 'EXPIRED', pending: null };
  }
}

/** Quantities and status always follow from the list of fills, never from their own last value. */
function withDerivedFigures(order: Order): Order {
  const cumQty = quantity(
    order.fills.reduce((sum, fill) => (fill.isBusted ? sum : sum + fill.lastQty), 0n),
  );
  const leavesQty = order.ending === null ? quantity(order.orderQty - cumQty) : NO_QUANTITY;
  return { ...order, cumQty, leavesQty, ordStatus: ordStatusOf(order, cumQty) };
}

/**
 * The status of highest precedence among those that hold (FIX 4.4, appendix D): a pending request
 * hides what the order was; an ended order stays ended, whatever fills come late.
 */
function ordStatusOf(order: Order, cumQty: Quantity): OrdStatus {
  if (order.ending !== null) return order.ending;
  if (order.pending?.type === 'CANCEL') return 'PENDING_CANCEL';
  if (order.pending?.type === 'REPLACE') return 'PENDING_REPLACE';
  if (cumQty > 0n && cumQty === order.orderQty) return 'FILLED';
  if (cumQty > 0n) return 'PARTIALLY_FILLED';
  return order.isAcknowledged ? 'NEW' : 'PENDING_NEW';
}

/** Whether fills may still come. */
export function isOpen(order: Order): boolean {
  return order.leavesQty > 0n;
}

/**
 * Sum of lastQty x lastPx over cumQty; null without fills. Summed exactly, divided once, half-even
 * to 1e-8.
 */
export function avgPx(order: Order): Price | null {
  if (order.cumQty === 0n) return null;
  const value = order.fills.reduce(
    (sum, fill) => (fill.isBusted ? sum : sum + fill.lastQty * fill.lastPx),
    0n,
  );
  return price(divideHalfEven(value, order.cumQty));
}

/** The id of the order's next execution: the same again when a crash lost the one before. */
export function nextExecId(order: Order): ExecId {
  return execId(`${order.orderId}-${order.fills.length + 1}`);
}
