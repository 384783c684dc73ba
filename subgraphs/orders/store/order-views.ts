/** Orders, executions and cash as they are shown: read from the snapshots, in batches. */

import type { Sql } from 'postgres';
import { type Decimal, decimal } from '#kernel/decimal';
import { type Price, price, quantity } from '#kernel/money';
import { instantOf } from '#platform/instant-column';
import {
  EXEC_TYPES,
  type ExecType,
  ORD_STATUSES,
  type OrdStatus,
  ORD_TYPES,
  type Side,
  SIDES,
  TIMES_IN_FORCE,
} from '../domain/fix-words.ts';
import { type OrderView, word } from '../domain/order-view.ts';
import { accountId, clOrdId, orderId } from '../domain/order.ts';
import { ORDER_REFUSE_REASONS, type PreTradeCheck } from '../domain/pre-trade-check.ts';
import { parseChecks } from './order-event-codec.ts';

export interface OrderFilter {
  readonly accountId: string | null;
  readonly bookId: string | null;
  readonly symbol: string | null;
  readonly side: Side | null;
  readonly ordStatuses: readonly OrdStatus[] | null;
  readonly clOrdIds: readonly string[] | null;
}

/** What a person should look at. */
export const ORDER_ALARMS = ['FILL_AFTER_TERMINAL', 'TRADE_REFUSED_BY_POSITIONS'] as const;
export type OrderAlarm = (typeof ORDER_ALARMS)[number];

/** What the order's updates do not carry. */
export interface OrderDetails {
  readonly checks: readonly PreTradeCheck[];
  readonly protectionPx: Decimal | null;
  readonly alarm: OrderAlarm | null;
  readonly placedBy: string;
  readonly placedAtMs: number;
}

export const POSITION_STATUSES = ['SUBMITTED', 'APPLIED', 'REFUSED'] as const;
export type PositionStatus = (typeof POSITION_STATUSES)[number];

export interface ExecutionView {
  readonly execId: string;
  readonly orderId: string;
  readonly executionNo: number;
  readonly execType: ExecType;
  readonly execRefId: string | null;
  readonly side: Side;
  readonly lastQty: bigint;
  readonly lastPx: bigint;
  readonly ordStatus: OrdStatus;
  readonly cumQty: bigint;
  readonly leavesQty: bigint;
  readonly avgPx: bigint | null;
  readonly currency: string;
  readonly tradeDate: string;
  readonly transactTimeMs: number;
  readonly positionStatus: PositionStatus;
  readonly positionRefusal: string | null;
}

/** Above every place in the list. */
const NEWEST = 2n ** 63n - 1n;

export interface OrderPage {
  readonly before: bigint | null;
  readonly limit: number;
}

/** With the place in the list, which is the cursor. */
export interface ListedOrder {
  readonly order: OrderView;
  readonly arrival: bigint;
}

export type OrderViews = ReturnType<typeof createOrderViews>;

export function createOrderViews(sql: Sql) {
  return {
    byIds: (ids: readonly string[]) => ordersByIds(sql, ids),
    byClOrdIds: (ids: readonly string[]) => ordersByClOrdIds(sql, ids),
    /** Newest first, those that arrived before `before`. */
    list: (filter: OrderFilter, page: OrderPage) => listOrders(sql, filter, page),
    details: (ids: readonly string[]) => orderDetails(sql, ids),
    /** In order of execution. */
    executions: (orderIds: readonly string[]) => executionsOf(sql, orderIds),
  };
}

async function ordersByIds(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OrderView>> {
  const rows = await sql<SnapshotRow[]>`
    select ${snapshotColumns(sql)} from orders.order_snapshot
    where order_id = any(${[...ids]}::text[])`;
  return new Map(rows.map((row) => [row.order_id, viewOfRow(row)]));
}

async function ordersByClOrdIds(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OrderView>> {
  const rows = await sql<SnapshotRow[]>`
    select ${snapshotColumns(sql)} from orders.order_snapshot
    where cl_ord_id = any(${[...ids]}::text[])`;
  return new Map(rows.map((row) => [row.cl_ord_id, viewOfRow(row)]));
}

async function listOrders(
  sql: Sql,
  filter: OrderFilter,
  { before, limit }: OrderPage,
): Promise<readonly ListedOrder[]> {
  const statuses = filter.ordStatuses === null ? null : [...filter.ordStatuses];
  const ids = filter.clOrdIds === null ? null : [...filter.clOrdIds];
  const rows = await sql<SnapshotRow[]>`
    select ${snapshotColumns(sql)} from orders.order_snapshot
    where (${filter.accountId}::text is null or account_id = ${filter.accountId})
      and (${filter.bookId}::text is null or book_id = ${filter.bookId})
      and (${filter.symbol}::text is null or symbol = ${filter.symbol})
      and (${filter.side}::text is null or side = ${filter.side})
      and (${statuses}::text[] is null or ord_status = any(${statuses}::text[]))
      and (${ids}::text[] is null or cl_ord_id = any(${ids}::text[]))
      and arrival < ${String(before ?? NEWEST)}::text::bigint
    order by arrival desc limit ${limit}`;
  return rows.map((row) => ({ order: viewOfRow(row), arrival: row.arrival }));
}

async function orderDetails(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, OrderDetails>> {
  const rows = await sql<DetailsRow[]>`
    select order_id, checks, protection_px, placed_by, placed_at::text,
      coalesce(alarm, (
        select 'TRADE_REFUSED_BY_POSITIONS' from orders.execution e
        where e.order_id = o.order_id and position_status = 'REFUSED' limit 1)) as alarm
    from orders.order_snapshot o where order_id = any(${[...ids]}::text[])`;
  return new Map(
    rows.map((row) => [
      row.order_id,
      {
        checks: parseChecks(row.checks),
        protectionPx: row.protection_px === null ? null : decimal(row.protection_px),
        alarm: row.alarm === null ? null : word(row.alarm, ORDER_ALARMS),
        placedBy: row.placed_by,
        placedAtMs: instantOf(row.placed_at),
      },
    ]),
  );
}

async function executionsOf(
  sql: Sql,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ExecutionView[]>> {
  const rows = await sql<ExecutionRow[]>`
    select exec_id, order_id, execution_no, exec_type, exec_ref_id, side, last_qty, last_px,
      ord_status, cum_qty, leaves_qty, avg_px, currency, trade_date, transact_time::text,
      position_status, position_refusal
    from orders.execution where order_id = any(${[...orderIds]}::text[])
    order by order_id, execution_no`;
  const found = new Map<string, ExecutionView[]>();
  for (const row of rows) {
    const list = found.get(row.order_id) ?? [];
    list.push(executionOfRow(row));
    found.set(row.order_id, list);
  }
  return found;
}

interface SnapshotRow {
  readonly order_id: string;
  readonly arrival: bigint;
  readonly version: number;
  readonly cl_ord_id: string;
  readonly account_id: string;
  readonly book_id: string;
  readonly symbol: string;
  readonly instrument_id: string | null;
  readonly currency: string | null;
  readonly side: string;
  readonly ord_type: string;
  readonly time_in_force: string;
  readonly order_qty: string;
  readonly price: string | null;
  readonly stop_px: string | null;
  readonly ord_status: string;
  readonly cum_qty: bigint;
  readonly leaves_qty: string;
  readonly avg_px: bigint | null;
  readonly execution_count: number;
  readonly reject_reason: string | null;
  readonly reject_message: string | null;
}

interface DetailsRow {
  readonly order_id: string;
  readonly checks: unknown;
  readonly protection_px: string | null;
  readonly alarm: string | null;
  readonly placed_by: string;
  readonly placed_at: string;
}

interface ExecutionRow {
  readonly exec_id: string;
  readonly order_id: string;
  readonly execution_no: number;
  readonly exec_type: string;
  readonly exec_ref_id: string | null;
  readonly side: string;
  readonly last_qty: bigint;
  readonly last_px: bigint;
  readonly ord_status: string;
  readonly cum_qty: bigint;
  readonly leaves_qty: bigint;
  readonly avg_px: bigint | null;
  readonly currency: string;
  readonly trade_date: string;
  readonly transact_time: string;
  readonly position_status: string;
  readonly position_refusal: string | null;
}

const snapshotColumns = (sql: Sql) => sql`
  order_id, arrival, version, cl_ord_id, account_id, book_id, symbol, instrument_id, currency, side,
  ord_type, time_in_force, order_qty, price, stop_px, ord_status, cum_qty, leaves_qty, avg_px,
  execution_count, reject_reason, reject_message`;

function viewOfRow(row: SnapshotRow): OrderView {
  return {
    orderId: orderId(row.order_id),
    version: row.version,
    clOrdId: clOrdId(row.cl_ord_id),
    accountId: accountId(row.account_id),
    bookId: row.book_id,
    symbol: row.symbol,
    instrumentId: row.instrument_id,
    currency: row.currency,
    side: word(row.side, SIDES),
    ordType: word(row.ord_type, ORD_TYPES),
    timeInForce: word(row.time_in_force, TIMES_IN_FORCE),
    orderQty: quantity(decimal(row.order_qty)),
    price: priceOrNull(row.price),
    stopPx: priceOrNull(row.stop_px),
    ordStatus: word(row.ord_status, ORD_STATUSES),
    cumQty: row.cum_qty,
    leavesQty: decimal(row.leaves_qty),
    avgPx: row.avg_px,
    rejectReason: row.reject_reason === null ? null : word(row.reject_reason, ORDER_REFUSE_REASONS),
    rejectMessage: row.reject_message,
    executionCount: row.execution_count,
  };
}

function executionOfRow(row: ExecutionRow): ExecutionView {
  return {
    execId: row.exec_id,
    orderId: row.order_id,
    executionNo: row.execution_no,
    execType: word(row.exec_type, EXEC_TYPES),
    execRefId: row.exec_ref_id,
    side: word(row.side, SIDES),
    lastQty: row.last_qty,
    lastPx: row.last_px,
    ordStatus: word(row.ord_status, ORD_STATUSES),
    cumQty: row.cum_qty,
    leavesQty: row.leaves_qty,
    avgPx: row.avg_px,
    currency: row.currency,
    tradeDate: row.trade_date,
    transactTimeMs: instantOf(row.transact_time),
    positionStatus: word(row.position_status, POSITION_STATUSES),
    positionRefusal: row.position_refusal,
  };
}

function priceOrNull(stored: string | null): Price | null {
  return stored === null ? null : price(decimal(stored));
}
