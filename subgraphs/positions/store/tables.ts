/** Tables of the positions: events, snapshots, trade ids, refused trades. */

import { sql } from 'drizzle-orm';
import {
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { decimalColumn, scaled } from '#platform/postgres';

export const positionsSchema = pgSchema('positions');

const now = sql`clock_timestamp()`;

/**
 * The facts, append-only, in 16 hash partitions by position. An event's identity is its position
 * and version; the primary key is the optimistic lock. What replays read most has its own columns.
 */
export const eventStore = positionsSchema.table(
  'event_store',
  {
    positionKey: text('position_key').notNull(),
    /** 1, 2, 3, … without gaps per position. */
    eventVer: integer('event_ver').notNull(),
    eventType: text('event_type').notNull(),
    schemaVer: smallint('schema_ver').notNull(),
    /** When it counts. */
    effectiveDate: date('effective_date', { mode: 'string' }).notNull(),
    /** When it was known: set by the statement that writes it, strictly growing per position. */
    recordedAt: instantColumn('recorded_at').notNull(),
    executedAt: instantColumn('executed_at'),
    /** Of a trade; null for events that are none. */
    tradeId: text('trade_id'),
    uti: text('uti'),
    side: text('side'),
    quantity: scaled('quantity'),
    price: scaled('price'),
    fees: decimalColumn('fees'),
    payload: jsonb('payload').notNull(),
    /** The trail of the gain down to lots, as parallel arrays; null when no lot was taken from. */
    metaLots: jsonb('meta_lots'),
    contractId: text('contract_id'),
    correlationId: text('correlation_id').notNull(),
    /** The command or record that led to this event; null for a root. */
    causationId: text('causation_id'),
    userId: text('user_id').notNull(),
    /** Where the trade came in: graphql, trade-events. */
    source: text('source').notNull(),
  },
  (table) => [
    primaryKey({ name: 'event_store_pkey', columns: [table.positionKey, table.eventVer] }),
  ],
);

/** One row per position: figures and lots after its last event. The events can rebuild it. */
export const snapshotStore = positionsSchema.table(
  'snapshot_store',
  {
    positionKey: text('position_key').primaryKey(),
    bookId: text('book_id').notNull(),
    accountId: text('account_id').notNull(),
    contractId: text('contract_id'),
    instrumentId: text('instrument_id').notNull(),
    symbol: text('symbol').notNull(),
    currency: text('currency').notNull(),
    lane: text('lane').notNull(),
    lastVer: integer('last_ver').notNull(),
    quantity: scaled('quantity').notNull(),
    costBasis: decimalColumn('cost_basis').notNull(),
    realizedPnl: decimalColumn('realized_pnl').notNull(),
    lotCount: integer('lot_count').notNull(),
    /** Open lots as parallel arrays; null when they lie in rows of their own. */
    lots: jsonb('lots'),
    reliefMethod: text('relief_method').notNull(),
    reconciliationStatus: text('reconciliation_status').notNull(),
    pendingBackdated: integer('pending_backdated').notNull(),
    /** Largest among the events in the lots; null while there are only bookings for a later day. */
    lastEffectiveDate: date('last_effective_date', { mode: 'string' }),
    lastRecordedAt: instantColumn('last_recorded_at').notNull(),
  },
  (table) => [
    // The columns of these never change, so an update of figures touches no index.
    index('snapshot_by_book').on(table.bookId, table.positionKey),
    index('snapshot_by_account').on(table.accountId, table.positionKey),
    index('snapshot_by_symbol').on(table.symbol, table.positionKey),
  ],
);

/** Which trades are in, with the fingerprint of their content and the answer they got. */
export const idempotencyStore = positionsSchema.table('idempotency_store', {
  tradeId: text('trade_id').primaryKey(),
  requestHash: text('request_hash').notNull(),
  positionKey: text('position_key').notNull(),
  eventVer: integer('event_ver').notNull(),
  classification: text('classification').notNull(),
  uti: text('uti').notNull(),
  recordedAt: instantColumn('recorded_at').notNull(),
});

/** Trades that were refused, kept whole with the reason. The same one again is the same row. */
export const deadLetter = positionsSchema.table(
  'dead_letter',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    requestHash: text('request_hash').notNull(),
    tradeId: text('trade_id').notNull(),
    reason: text('reason').notNull(),
    message: text('message').notNull(),
    payload: jsonb('payload').notNull(),
    source: text('source').notNull(),
    userId: text('user_id').notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    timesRefused: integer('times_refused').notNull().default(1),
    firstRefusedAt: instantColumn('first_refused_at').notNull().default(now),
    lastRefusedAt: instantColumn('last_refused_at').notNull().default(now),
  },
  (table) => [
    unique('dead_letter_once').on(table.requestHash, table.reason),
    index('dead_letter_by_time').on(table.lastRefusedAt, table.id),
  ],
);
