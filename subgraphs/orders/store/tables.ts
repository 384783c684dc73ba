/** Tables of orders: the facts, and what is read from them. */

import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  unique,
} from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { decimalColumn, scaled } from '#platform/postgres';

export const ordersSchema = pgSchema('orders');

const now = sql`clock_timestamp()`;

/** Append-only. Streams are `order:<orderId>` and `cash:<accountId>|<currency>`. */
export const eventStore = ordersSchema.table(
  'event_store',
  {
    streamId: text('stream_id').notNull(),
    /** 1, 2, 3 and so on: the optimistic lock of last resort. */
    streamVersion: integer('stream_version').notNull(),
    eventType: text('event_type').notNull(),
    schemaVersion: integer('schema_version').notNull(),
    payload: jsonb('payload').notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    userId: text('user_id').notNull(),
    /** By the database's clock. */
    recordedAt: instantColumn('recorded_at').notNull().default(now),
  },
  (table) => [
    primaryKey({ name: 'event_store_pkey', columns: [table.streamId, table.streamVersion] }),
  ],
);

/** Where each order stands after its last event: for lists, checks and restarts. */
export const orderSnapshot = ordersSchema.table(
  'order_snapshot',
  {
    orderId: text('order_id').primaryKey(),
    /** Order of arrival; lists show the newest first. */
    arrival: bigint('arrival', { mode: 'bigint' }).generatedAlwaysAsIdentity().notNull(),
    version: integer('version').notNull(),
    clOrdId: text('cl_ord_id').notNull(),
    /** Of the request, to tell a repeated one from another one under the same clOrdId. */
    contentHash: text('content_hash').notNull(),
    accountId: text('account_id').notNull(),
    bookId: text('book_id').notNull(),
    symbol: text('symbol').notNull(),
    instrumentId: text('instrument_id'),
    currency: text('currency'),
    side: text('side').notNull(),
    ordType: text('ord_type').notNull(),
    timeInForce: text('time_in_force').notNull(),
    /** numeric, not bigint: a refused order keeps the absurd quantity it was refused for. */
    orderQty: decimalColumn('order_qty').notNull(),
    price: decimalColumn('price'),
    stopPx: decimalColumn('stop_px'),
    protectionPx: decimalColumn('protection_px'),
    ordStatus: text('ord_status').notNull(),
    cumQty: scaled('cum_qty').notNull(),
    /** Above zero exactly while the order is open. */
    leavesQty: decimalColumn('leaves_qty').notNull(),
    avgPx: scaled('avg_px'),
    executionCount: integer('execution_count').notNull(),
    checks: jsonb('checks').notNull(),
    rejectReason: text('reject_reason'),
    rejectMessage: text('reject_message'),
    alarm: text('alarm'),
    tradeDate: date('trade_date').notNull(),
    expiresOn: date('expires_on').notNull(),
    placedBy: text('placed_by').notNull(),
    placedAt: instantColumn('placed_at').notNull().default(now),
    updatedAt: instantColumn('updated_at').notNull().default(now),
  },
  (table) => [
    unique('order_by_cl_ord_id').on(table.clOrdId),
    unique('order_by_arrival').on(table.arrival),
    index('order_by_account').on(table.accountId, table.arrival),
    index('order_open')
      .on(table.accountId, table.bookId, table.symbol)
      .where(sql`leaves_qty > 0`),
  ],
);

/** Fills and busts. `position_status` says whether the positions have counted it. */
export const execution = ordersSchema.table(
  'execution',
  {
    /** Also the trade's id on its way to the positions. */
    execId: text('exec_id').primaryKey(),
    orderId: text('order_id').notNull(),
    executionNo: integer('execution_no').notNull(),
    execType: text('exec_type').notNull(),
    /** The execution a bust undoes. */
    execRefId: text('exec_ref_id'),
    accountId: text('account_id').notNull(),
    bookId: text('book_id').notNull(),
    symbol: text('symbol').notNull(),
    currency: text('currency').notNull(),
    side: text('side').notNull(),
    lastQty: scaled('last_qty').notNull(),
    lastPx: scaled('last_px').notNull(),
    ordStatus: text('ord_status').notNull(),
    cumQty: scaled('cum_qty').notNull(),
    leavesQty: scaled('leaves_qty').notNull(),
    avgPx: scaled('avg_px'),
    tradeDate: date('trade_date').notNull(),
    transactTime: instantColumn('transact_time').notNull(),
    positionStatus: text('position_status').notNull(),
    positionRefusal: text('position_refusal'),
    recordedAt: instantColumn('recorded_at').notNull().default(now),
  },
  (table) => [
    unique('execution_by_order').on(table.orderId, table.executionNo),
    index('execution_unconfirmed')
      .on(table.accountId, table.bookId, table.symbol)
      .where(sql`position_status <> 'APPLIED'`),
  ],
);

/** One row per account and currency. The database itself refuses to go below zero. */
export const cashAccount = ordersSchema.table(
  'cash_account',
  {
    accountId: text('account_id').notNull(),
    currency: text('currency').notNull(),
    balance: decimalColumn('balance').notNull(),
    reserved: decimalColumn('reserved').notNull(),
    version: integer('version').notNull(),
  },
  (table) => [
    primaryKey({ name: 'cash_account_pkey', columns: [table.accountId, table.currency] }),
    check('cash_account_covered', sql`reserved >= 0 and balance >= reserved`),
  ],
);

/** Append-only. Two lines to a movement: what one account is debited, the other is credited. */
export const cashLedger = ordersSchema.table(
  'cash_ledger',
  {
    streamId: text('stream_id').notNull(),
    streamVersion: integer('stream_version').notNull(),
    line: integer('line').notNull(),
    accountId: text('account_id').notNull(),
    currency: text('currency').notNull(),
    ledgerAccount: text('ledger_account').notNull(),
    debit: decimalColumn('debit').notNull(),
    credit: decimalColumn('credit').notNull(),
    /** execId of a fill, commandId of a deposit. */
    reference: text('reference').notNull(),
    recordedAt: instantColumn('recorded_at').notNull().default(now),
  },
  (table) => [
    primaryKey({
      name: 'cash_ledger_pkey',
      columns: [table.streamId, table.streamVersion, table.line],
    }),
    index('cash_ledger_by_account').on(table.accountId, table.currency),
    check('cash_ledger_one_sided', sql`debit >= 0 and credit >= 0 and (debit = 0) <> (credit = 0)`),
  ],
);

/** Append-only. The first answer to each command that carries an id of its own. */
export const commandLog = ordersSchema.table('command_log', {
  commandId: text('command_id').primaryKey(),
  command: text('command').notNull(),
  contentHash: text('content_hash').notNull(),
  answer: jsonb('answer').notNull(),
  userId: text('user_id').notNull(),
  recordedAt: instantColumn('recorded_at').notNull().default(now),
});
