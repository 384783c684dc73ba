/** Writes a change of an order: cash, snapshot, events, executions and outbox, all or nothing. */

import type { TransactionSql } from 'postgres';
import { formatDecimal } from '#kernel/decimal';
import { invariant, PlatformError } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import { appendToOutbox } from '#platform/outbox';
import type { Cause } from '../domain/cause.ts';
import { execTypeOf, type OrderChange, type OrderStep } from '../domain/order-change.ts';
import { executionCount } from '../domain/order-view.ts';
import { avgPx } from '../domain/order.ts';
import { moveCash } from './cash-writer.ts';
import { encodeOrderEvent, ORDER_EVENT_SCHEMA_VERSION } from './order-event-codec.ts';
import { orderStream, recordsOf } from './order-records.ts';

/**
 * False, and nothing is written, when the cash does not cover it. Throws VERSION_CONFLICT when the
 * order has moved on since it was read.
 *
 * Cash comes first everywhere, so that two transactions never wait for each other's rows.
 */
export async function writeChange(
  tx: TransactionSql,
  change: OrderChange,
  { cause, contentHash }: { cause: Cause; contentHash: string | null },
): Promise<boolean> {
  let hasMoved = false;
  for (const { cash, after } of change.steps) {
    if (cash === null) continue;
    const { accountId, currency } = after;
    invariant(currency !== null, 'cash moves in a currency');
    if (!(await moveCash(tx, { accountId, currency }, cash, cause))) {
      invariant(!hasMoved, 'one change moves cash once');
      return false;
    }
    hasMoved = true;
  }
  // Sent without waiting for each other: a fill waits for the database four times, not ten.
  await Promise.all([
    change.fromVersion === 0 ? insertSnapshot(tx, change, contentHash) : updateSnapshot(tx, change),
    ...change.steps.map((step) => insertEvent(tx, change, step, cause)),
    ...change.steps.filter(isExecution).map((step) => insertExecution(tx, step, cause)),
    appendToOutbox(tx, recordsOf(change, cause)),
  ]);
  return true;
}

function isExecution({ event }: OrderStep): boolean {
  return event.type === 'OrderFilled' || event.type === 'FillBusted';
}

async function insertSnapshot(
  tx: TransactionSql,
  { after, steps }: OrderChange,
  contentHash: string | null,
): Promise<void> {
  invariant(contentHash !== null, 'a new order has a content hash');
  await tx`
    insert into orders.order_snapshot
      (order_id, version, cl_ord_id, content_hash, account_id, book_id, symbol, instrument_id,
       currency, side, ord_type, time_in_force, order_qty, price, stop_px, protection_px,
       ord_status, cum_qty, leaves_qty, avg_px, execution_count, checks, reject_reason,
       reject_message, alarm, trade_date, expires_on, placed_by)
    values (${after.orderId}, ${steps.length}, ${after.clOrdId}, ${contentHash},
      ${after.accountId}, ${after.bookId}, ${after.symbol}, ${after.instrumentId},
      ${after.currency}, ${after.side}, ${after.ordType}, ${after.timeInForce},
      ${formatDecimal(after.orderQty)}, ${textOf(after.price)}, ${textOf(after.stopPx)},
      ${textOf(after.protectionPx)}, ${after.ordStatus}, ${String(after.cumQty)},
      ${formatDecimal(after.leavesQty)}, ${scaledText(avgPx(after))}, ${executionCount(after)},
      ${JSON.stringify(after.checks)}::text::jsonb, ${after.rejectReason},
      ${after.rejectMessage}, ${after.alarm}, ${after.tradeDate}, ${after.expiresOn},
      ${after.placedBy})`;
}

async function updateSnapshot(
  tx: TransactionSql,
  { orderId, fromVersion, steps, after }: OrderChange,
): Promise<void> {
  const { count } = await tx`
    update orders.order_snapshot
    set version = ${fromVersion + steps.length}, order_qty = ${formatDecimal(after.orderQty)},
      price = ${textOf(after.price)}, protection_px = ${textOf(after.protectionPx)},
      ord_status = ${after.ordStatus}, cum_qty = ${String(after.cumQty)},
      leaves_qty = ${formatDecimal(after.leavesQty)}, avg_px = ${scaledText(avgPx(after))},
      execution_count = ${executionCount(after)}, reject_reason = ${after.rejectReason},
      reject_message = ${after.rejectMessage}, alarm = ${after.alarm},
      updated_at = clock_timestamp()
    where order_id = ${orderId} and version = ${fromVersion}`;
  if (count === 1) return;
  throw new PlatformError(
    'VERSION_CONFLICT',
    `the order has moved on from version ${fromVersion}: read it and try again`,
  );
}

async function insertEvent(
  tx: TransactionSql,
  { orderId }: OrderChange,
  { event, version }: OrderStep,
  cause: Cause,
): Promise<void> {
  await tx`
    insert into orders.event_store
      (stream_id, stream_version, event_type, schema_version, payload, correlation_id,
       causation_id, user_id)
    values (${orderStream(orderId)}, ${version}, ${event.type}, ${ORDER_EVENT_SCHEMA_VERSION},
      ${JSON.stringify(encodeOrderEvent(event))}::text::jsonb, ${cause.correlationId},
      ${cause.causationId}, ${cause.user})`;
}

async function insertExecution(
  tx: TransactionSql,
  { event, after }: OrderStep,
  cause: Cause,
): Promise<void> {
  invariant(event.type === 'OrderFilled' || event.type === 'FillBusted', 'an execution');
  const isFill = event.type === 'OrderFilled';
  const refersTo = isFill ? event.execId : event.execRefId;
  const fill = after.fills.find(({ execId }) => execId === refersTo);
  invariant(fill && after.currency !== null, 'an execution belongs to a fill of the order');
  const transactTimeMs = isFill ? event.transactTimeMs : cause.atMs;
  await tx`
    insert into orders.execution
      (exec_id, order_id, execution_no, exec_type, exec_ref_id, account_id, book_id, symbol,
       currency, side, last_qty, last_px, ord_status, cum_qty, leaves_qty, avg_px, trade_date,
       transact_time, position_status)
    values (${event.execId}, ${after.orderId}, ${executionCount(after)}, ${execTypeOf(event)},
      ${isFill ? null : event.execRefId}, ${after.accountId}, ${after.bookId}, ${after.symbol},
      ${after.currency}, ${after.side}, ${String(fill.lastQty)}, ${String(fill.lastPx)},
      ${after.ordStatus}, ${String(after.cumQty)}, ${String(after.leavesQty)},
      ${scaledText(avgPx(after))}, ${isFill ? event.tradeDate : after.tradeDate},
      ${instantText(transactTimeMs)}, 'SUBMITTED')`;
}

function textOf(value: bigint | null): string | null {
  return value === null ? null : formatDecimal(value);
}

function scaledText(value: bigint | null): string | null {
  return value === null ? null : String(value);
}
