/** Decides what a command or a broker's report does to an order. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { accept, type Decision, refuse } from '#kernel/decision';
import { MAX_SCALED, type Price, type Quantity } from '#kernel/money';
import {
  type ExecId,
  isOpen,
  type Order,
  type OrderEvent,
  type OrderTerms,
  type ReplacementTerms,
} from './order.ts';
import type { OrderRefuseReason, PreTradeCheck } from './pre-trade-check.ts';

/** Of one order: bounds its list of executions. */
export const MAX_FILLS_PER_ORDER = 10_000;

export type OrderCommand =
  | {
      readonly type: 'SubmitOrder';
      readonly terms: OrderTerms;
      readonly checks: readonly PreTradeCheck[];
      /** Why it goes no further; null when every check passed. */
      readonly refusal: { readonly reason: OrderRefuseReason; readonly message: string } | null;
    }
  | { readonly type: 'RequestCancel' }
  | { readonly type: 'RequestReplace'; readonly terms: ReplacementTerms }
  | BrokerReport;

/** What a broker may tell about an order. */
export type BrokerReport =
  | { readonly type: 'ReportAcknowledged' }
  | {
      readonly type: 'ReportFill';
      readonly execId: ExecId;
      readonly lastQty: Quantity;
      readonly lastPx: Price;
      readonly transactTimeMs: number;
      readonly tradeDate: BusinessDate;
    }
  | { readonly type: 'ReportBust'; readonly execId: ExecId; readonly execRefId: ExecId }
  /** Answers a request to cancel, or comes unasked for the rest of an IMMEDIATE_OR_CANCEL. */
  | { readonly type: 'ReportCanceled' }
  | { readonly type: 'ReportCancelRefused' }
  | { readonly type: 'ReportReplaced' }
  | { readonly type: 'ReportReplaceRefused' }
  | { readonly type: 'ReportExpired' };

/** In order of precedence. */
export type OrderDecisionReason =
  | 'ORDER_EXISTS'
  | 'UNKNOWN_ORDER'
  | 'ORDER_NOT_OPEN'
  | 'REQUEST_PENDING'
  | 'NOTHING_PENDING'
  | 'INVALID_QUANTITY'
  | 'QUANTITY_BELOW_CUM_QTY'
  | 'INVALID_PRICE'
  | 'OVERFILL'
  | 'PRICE_BEYOND_PROTECTION'
  | 'TOO_MANY_FILLS'
  | 'UNKNOWN_EXECUTION';

export type OrderDecision = Decision<OrderEvent, OrderDecisionReason>;

export function decide(order: Order | null, command: OrderCommand): OrderDecision {
  if (command.type === 'SubmitOrder') {
    if (order !== null) return refuse('ORDER_EXISTS');
    const submitted = {
      type: 'OrderSubmitted',
      terms: command.terms,
      checks: command.checks,
    } as const;
    return command.refusal === null
      ? accept<OrderEvent>(submitted)
      : accept<OrderEvent>(submitted, { type: 'OrderRejected', ...command.refusal });
  }
  if (order === null) return refuse('UNKNOWN_ORDER');
  if (command.type === 'RequestCancel') return decideCancel(order);
  if (command.type === 'RequestReplace') return decideReplace(order, command.terms);
  return decideReport(order, command);
}

export type CancelRefusal = 'ORDER_NOT_OPEN' | 'REQUEST_PENDING';

export function decideCancel(order: Order): Decision<OrderEvent, CancelRefusal> {
  if (!isOpen(order)) return refuse('ORDER_NOT_OPEN', `the order is ${order.ordStatus}`);
  if (order.pending !== null) return refuse('REQUEST_PENDING', pendingMessage(order));
  return accept({ type: 'CancelRequested' });
}

/** In order of precedence. */
export type ReplaceRefusal =
  | 'ORDER_NOT_OPEN'
  | 'REQUEST_PENDING'
  | 'INVALID_QUANTITY'
  | 'QUANTITY_BELOW_CUM_QTY'
  | 'INVALID_PRICE';

export function decideReplace(
  order: Order,
  terms: ReplacementTerms,
): Decision<OrderEvent, ReplaceRefusal> {
  if (!isOpen(order) || !order.isAcknowledged) {
    return refuse('ORDER_NOT_OPEN', `the order is ${order.ordStatus}`);
  }
  if (order.pending !== null) return refuse('REQUEST_PENDING', pendingMessage(order));
  if (terms.orderQty <= 0n || terms.orderQty > MAX_SCALED) {
    return refuse(
      'INVALID_QUANTITY',
      `orderQty: expected above 0 and at most ${formatDecimal(MAX_SCALED)}, ` +
        `was ${formatDecimal(terms.orderQty)}`,
    );
  }
  if (terms.orderQty < order.cumQty) {
    return refuse(
      'QUANTITY_BELOW_CUM_QTY',
      `orderQty: expected at least the ${formatDecimal(order.cumQty)} already filled, ` +
        `was ${formatDecimal(terms.orderQty)}`,
    );
  }
  const { price } = terms;
  const isPriced = order.ordType === 'LIMIT';
  const isRight = isPriced ? price !== null && price > 0n && price <= MAX_SCALED : price === null;
  if (!isRight) {
    const found = price === null ? 'none' : formatDecimal(price);
    const expected = isPriced
      ? `above 0 and at most ${formatDecimal(MAX_SCALED)}`
      : `none for a ${order.ordType} order`;
    return refuse('INVALID_PRICE', `price: expected ${expected}, was ${found}`);
  }
  return accept({ type: 'ReplaceRequested', terms });
}

function decideReport(order: Order, report: BrokerReport): OrderDecision {
  switch (report.type) {
    case 'ReportAcknowledged':
      // Said twice after a restart: nothing new.
      return order.isAcknowledged || order.ending !== null
        ? accept()
        : accept({ type: 'OrderAcknowledged' });
    case 'ReportFill':
      return decideFill(order, report);
    case 'ReportBust': {
      const found = order.fills.find((fill) => fill.execId === report.execRefId);
      if (found === undefined) return refuse('UNKNOWN_EXECUTION', report.execRefId);
      if (found.isBusted) return accept();
      const { execId, execRefId } = report;
      return accept({ type: 'FillBusted', execId, execRefId });
    }
    case 'ReportCanceled':
      if (order.ending === 'CANCELED') return accept();
      if (!isOpen(order)) return refuse('ORDER_NOT_OPEN', `the order is ${order.ordStatus}`);
      return accept({ type: 'OrderCanceled' });
    case 'ReportExpired':
      if (order.ending === 'EXPIRED') return accept();
      if (!isOpen(order)) return refuse('ORDER_NOT_OPEN', `the order is ${order.ordStatus}`);
      return accept({ type: 'OrderExpired' });
    case 'ReportCancelRefused':
      if (order.pending?.type !== 'CANCEL') return refuse('NOTHING_PENDING');
      return accept({ type: 'CancelRefused' });
    case 'ReportReplaced':
      if (order.pending?.type !== 'REPLACE') return refuse('NOTHING_PENDING');
      // Filled beyond the new total while the request was under way: too late.
      if (order.pending.terms.orderQty < order.cumQty) return accept({ type: 'ReplaceRefused' });
      return accept({ type: 'OrderReplaced', terms: order.pending.terms });
    case 'ReportReplaceRefused':
      if (order.pending?.type !== 'REPLACE') return refuse('NOTHING_PENDING');
      return accept({ type: 'ReplaceRefused' });
  }
}

type ReportFill = Extract<BrokerReport, { type: 'ReportFill' }>;

function decideFill(order: Order, report: ReportFill): OrderDecision {
  if (order.fills.some((fill) => fill.execId === report.execId)) return accept();
  if (order.ending === 'REJECTED') return refuse('ORDER_NOT_OPEN', 'the order was rejected');
  if (report.lastQty <= 0n) return refuse('INVALID_QUANTITY');
  if (report.lastPx <= 0n) return refuse('INVALID_PRICE');
  // Late fills of a canceled order are booked too, so leavesQty is not the bound.
  const unfilled = order.orderQty - order.cumQty;
  if (report.lastQty > unfilled) {
    return refuse(
      'OVERFILL',
      `lastQty: expected at most ${formatDecimal(unfilled)}, was ${formatDecimal(report.lastQty)}`,
    );
  }
  if (order.protectionPx !== null && report.lastPx > order.protectionPx) {
    return refuse('PRICE_BEYOND_PROTECTION');
  }
  if (order.fills.length >= MAX_FILLS_PER_ORDER) return refuse('TOO_MANY_FILLS');
  const { execId, lastQty, lastPx, transactTimeMs, tradeDate } = report;
  return accept({ type: 'OrderFilled', execId, lastQty, lastPx, transactTimeMs, tradeDate });
}

function pendingMessage(order: Order): string {
  return `the order waits for the broker's answer to a ${order.pending?.type ?? 'request'}`;
}
