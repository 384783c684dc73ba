/** Places an order: checks it, reserves what it needs, keeps it, and hands it to the broker. */

import { createHash } from 'node:crypto';
import { addDays, type BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { invariant } from '#platform/errors';
import type { Clock } from '#platform/clock';
import { available } from '../domain/cash-account.ts';
import type { Cause } from '../domain/cause.ts';
import { decide } from '../domain/decide-order.ts';
import type { TimeInForce } from '../domain/fix-words.ts';
import type { Quote } from '../domain/match-quote.ts';
import { planChange, type VersionedOrder } from '../domain/order-change.ts';
import { type OrderId, orderId, type OrderRequest, type OrderTerms } from '../domain/order.ts';
import type { OrderRefuseReason } from '../domain/pre-trade-check.ts';
import { checkOrder } from '../domain/pre-trade-rules.ts';
import type { MarketView, TradedInstrument } from '../store/market-view.ts';
import type { OrderStore, OrderTransaction, PlacedBefore } from '../store/order-store.ts';
import type { BrokerPort } from './broker-port.ts';

/** Brokers drop good-till-cancel orders after about as long. */
export const MAX_GOOD_TILL_CANCEL_DAYS = 90;

export interface PlaceOrderDeps {
  readonly orders: OrderStore;
  readonly market: MarketView;
  readonly broker: BrokerPort;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly onPlaced: (result: 'accepted' | 'refused' | 'repeated') => void;
}

export type PlaceOrderResult =
  | { readonly ok: true; readonly placed: VersionedOrder; readonly isRepeated: boolean }
  | {
      readonly ok: false;
      readonly reason: OrderRefuseReason;
      readonly message: string;
      /** The refused order; under a clOrdId taken before, the order that has it. */
      readonly placed: VersionedOrder;
    };

export async function placeOrder(
  deps: PlaceOrderDeps,
  request: OrderRequest,
  cause: Cause,
): Promise<PlaceOrderResult> {
  const contentHash = contentHashOf(request);
  const before = await deps.orders.findByClOrdId(request.clOrdId);
  if (before !== null) return answerRepeated(deps, before, contentHash);
  const [instrument, quote] = await Promise.all([
    deps.market.instrument(request.symbol),
    deps.market.referenceQuote(request.symbol),
  ]);
  const id = orderId(`ord_${deps.newId()}`);
  try {
    await deps.orders.inTransaction((tx) =>
      submit(tx, { id, request, instrument, quote, contentHash, cause, clock: deps.clock }),
    );
  } catch (error) {
    const winner = deps.orders.isDuplicate(error)
      ? await deps.orders.findByClOrdId(request.clOrdId)
      : null;
    if (winner === null) throw error;
    return answerRepeated(deps, winner, contentHash);
  }
  const submitted = await load(deps.orders, id);
  if (submitted.order.ordStatus === 'REJECTED') {
    deps.onPlaced('refused');
    return answerOf(submitted, false);
  }
  deps.onPlaced('accepted');
  await deps.broker.route(submitted.order);
  // As it stands when the broker has it: fills come later, by themselves.
  return answerOf(acknowledgedOf(await load(deps.orders, id), submitted), false);
}

/** The order as it was when it had just become NEW, were its fills ever so quick. */
function acknowledgedOf(now: VersionedOrder, submitted: VersionedOrder): VersionedOrder {
  if (!now.order.isAcknowledged) return submitted;
  const order = { ...submitted.order, isAcknowledged: true, ordStatus: 'NEW' as const };
  return { ...submitted, order, version: submitted.version + 1 };
}

interface Submission {
  readonly id: OrderId;
  readonly request: OrderRequest;
  readonly instrument: TradedInstrument | null;
  readonly quote: Quote | null;
  readonly contentHash: string;
  readonly cause: Cause;
  readonly clock: Clock;
}

/** Under the lock of the account's cash: what is checked here still holds when it is written. */
async function submit(tx: OrderTransaction, submission: Submission): Promise<void> {
  const { id, request, instrument, quote, contentHash, cause, clock } = submission;
  const cash = await tx.lockCash(request.accountId);
  const currency = instrument?.currency ?? null;
  const inCurrency = cash.find((account) => account.currency === currency);
  const isSaleOfKnown = request.side === 'SELL' && currency !== null;
  const { accountId, bookId, symbol } = request;
  const { checks, refusal, protectionPx } = checkOrder(request, {
    instrument,
    currencies: cash.map((account) => account.currency),
    availableCash: inCurrency === undefined ? 0n : available(inCurrency),
    availableUnits: isSaleOfKnown
      ? await tx.availableUnits({ accountId, bookId, symbol, currency })
      : 0n,
    quote,
  });
  const today = clock.today();
  const terms: OrderTerms = {
    ...request,
    orderId: id,
    instrumentId: instrument?.instrumentId ?? null,
    currency,
    protectionPx: refusal === null ? protectionPx : null,
    tradeDate: today,
    expiresOn: lastDayOf(request.timeInForce, today),
    placedBy: cause.user,
  };
  const decision = decide(null, { type: 'SubmitOrder', terms, checks, refusal });
  invariant(decision.ok, 'an order that is not there yet can be submitted');
  const change = planChange(null, decision.events);
  invariant(change, 'a submission is a change');
  const isWritten = await tx.write(change, cause, contentHash);
  invariant(isWritten, 'cash that was checked under its lock is there');
}

function lastDayOf(timeInForce: TimeInForce, today: BusinessDate): BusinessDate {
  return timeInForce === 'GOOD_TILL_CANCEL' ? addDays(today, MAX_GOOD_TILL_CANCEL_DAYS) : today;
}

async function answerRepeated(
  { orders, onPlaced }: PlaceOrderDeps,
  before: PlacedBefore,
  contentHash: string,
): Promise<PlaceOrderResult> {
  onPlaced('repeated');
  const placed = await load(orders, before.orderId);
  if (before.contentHash === contentHash) return answerOf(placed, true);
  return {
    ok: false,
    reason: 'DUPLICATE_CL_ORD_ID_DIFFERENT_CONTENT',
    message: `clOrdId ${placed.order.clOrdId} belongs to an order with other content`,
    placed,
  };
}

function answerOf(placed: VersionedOrder, isRepeated: boolean): PlaceOrderResult {
  const { rejectReason, rejectMessage } = placed.order;
  if (rejectReason === null) return { ok: true, placed, isRepeated };
  return { ok: false, reason: rejectReason, message: rejectMessage ?? rejectReason, placed };
}

async function load(orders: OrderStore, id: OrderId): Promise<VersionedOrder> {
  const found = await orders.load(id);
  invariant(found, `order ${id} was written`);
  return found;
}

/** Of all that the client said; the order of fields is fixed here. */
function contentHashOf(request: OrderRequest): string {
  const content = [
    request.accountId,
    request.bookId,
    request.symbol,
    request.side,
    request.ordType,
    request.timeInForce,
    formatDecimal(request.orderQty),
    request.price === null ? null : formatDecimal(request.price),
    request.stopPx === null ? null : formatDecimal(request.stopPx),
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
