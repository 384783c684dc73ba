/** Tables of the positions: events, snapshots, lots, command ids, contracts, refused trades. */

import { sql } from 'drizzle-orm';
import {
  boolean,
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
    /** Gain of this event alone; null in events of the first schema version, and of notes. */
    realizedPnl: decimalColumn('realized_pnl'),
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
    /**
     * Of the hash of the event before it in the position, and of its own content: whoever edits
     * history breaks the chain. Null before chains were kept.
     */
    eventHash: text('event_hash'),
  },
  (table) => [
    primaryKey({ name: 'event_store_pkey', columns: [table.positionKey, table.eventVer] }),
    // For audits: together 2 % of what a trade costs (1.0, 1.3 and 1.2 us of 170). A hash for the
    // correlation costs half of a tree; BRIN for the time would save 0.3 us and not give pages in
    // order. A trade's position is found through its id in the idempotency store.
    index('event_by_time').on(table.recordedAt),
    index('event_by_user').on(table.userId, table.recordedAt),
    index('event_by_correlation').using('hash', table.correlationId),
    // What else happened to a trade; nearly all events are not in these two.
    index('event_about_trade')
      .on(table.tradeId)
      .where(sql`event_type <> 'TRADE_APPLIED'`),
    index('event_by_type')
      .on(table.eventType, table.recordedAt)
      .where(sql`event_type <> 'TRADE_APPLIED'`),
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
    /** Realized since the position was last flat. */
    cycleRealizedPnl: decimalColumn('cycle_realized_pnl')
      .notNull()
      .default(sql`0`),
    lotCount: integer('lot_count').notNull(),
    /** Open lots as parallel arrays; null when they lie in `lot_chunk`. */
    lots: jsonb('lots'),
    /** What the next lot to be opened is numbered. */
    nextLotSerial: integer('next_lot_serial').notNull().default(0),
    reliefMethod: text('relief_method').notNull(),
    reconciliationStatus: text('reconciliation_status').notNull(),
    /** Why it is not reconciled, when a correction was refused; else null. */
    statusReason: text('status_reason'),
    /** When it became PROVISIONAL; null while it is not. */
    provisionalSince: instantColumn('provisional_since'),
    pendingBackdated: integer('pending_backdated').notNull(),
    /** Bookings for a later day, in order of booking; null for none. */
    pendingForward: jsonb('pending_forward'),
    /** The first day on which one of them counts. */
    nextForwardDate: date('next_forward_date', { mode: 'string' }),
    /** Recent sales at a loss, kept while the contract has wash sales on; null for none. */
    memory: jsonb('memory'),
    /** Largest among the events in the lots; null while there are only bookings for a later day. */
    lastEffectiveDate: date('last_effective_date', { mode: 'string' }),
    lastRecordedAt: instantColumn('last_recorded_at').notNull(),
    /** The hash of the last event. */
    lastHash: text('last_hash'),
  },
  (table) => [
    // The columns of these never change, so an update of figures touches no index.
    index('snapshot_by_book').on(table.bookId, table.positionKey),
    index('snapshot_by_account').on(table.accountId, table.positionKey),
    index('snapshot_by_symbol').on(table.symbol, table.positionKey),
    index('snapshot_by_instrument').on(table.instrumentId, table.positionKey),
    index('snapshot_by_contract')
      .on(table.contractId, table.positionKey)
      .where(sql`contract_id is not null`),
    // Few rows are in these two, and only those pay for them.
    index('snapshot_next_forward')
      .on(table.nextForwardDate, table.positionKey)
      .where(sql`next_forward_date is not null`),
    index('snapshot_provisional')
      .on(table.provisionalSince, table.positionKey)
      .where(sql`provisional_since is not null`),
  ],
);

/** The open lots of a position that has many: chunk n holds the serials from 32 n on. */
export const lotChunk = positionsSchema.table(
  'lot_chunk',
  {
    positionKey: text('position_key').notNull(),
    chunkNo: integer('chunk_no').notNull(),
    /** Parallel arrays in order of serial. */
    lots: jsonb('lots').notNull(),
  },
  (table) => [primaryKey({ name: 'lot_chunk_pkey', columns: [table.positionKey, table.chunkNo] })],
);

/** Positions as they stood after an event, so that a replay need not begin with the first. */
export const checkpoint = positionsSchema.table(
  'checkpoint',
  {
    positionKey: text('position_key').notNull(),
    eventVer: integer('event_ver').notNull(),
    /** Of that event. */
    recordedAt: instantColumn('recorded_at').notNull(),
    /** Largest effective date in the lots then; null when nothing had counted yet. */
    lastEffectiveDate: date('last_effective_date', { mode: 'string' }),
    state: jsonb('state').notNull(),
  },
  (table) => [
    primaryKey({ name: 'checkpoint_pkey', columns: [table.positionKey, table.eventVer] }),
  ],
);

/**
 * Which commands were carried out, with the fingerprint of their content and the answer they got.
 * The id of a trade stands for the command to record it; ids of other commands have blanks in
 * them, which trade ids never have.
 */
export const idempotencyStore = positionsSchema.table('idempotency_store', {
  commandId: text('command_id').primaryKey(),
  requestHash: text('request_hash').notNull(),
  positionKey: text('position_key').notNull(),
  /** Of the last event it led to. */
  eventVer: integer('event_ver').notNull(),
  /** Of a trade; null for other commands. */
  classification: text('classification'),
  /** Of a trade; null when it is still to be generated, and for other commands. */
  uti: text('uti'),
  recordedAt: instantColumn('recorded_at').notNull(),
});

/** The rules by which positions of a legal contract are kept: each definition, none edited. */
export const contract = positionsSchema.table(
  'contract',
  {
    contractId: text('contract_id').notNull(),
    /** 1, 2, 3, … per contract. */
    version: integer('version').notNull(),
    reliefMethod: text('relief_method').notNull(),
    effectiveFrom: date('effective_from', { mode: 'string' }).notNull(),
    /** A sale of more than is held is refused. */
    longOnly: boolean('long_only').notNull(),
    washSales: boolean('wash_sales').notNull(),
    /** Trades before this day need a reason; null while no period is closed. */
    booksClosedBefore: date('books_closed_before', { mode: 'string' }),
    definedAt: instantColumn('defined_at').notNull().default(now),
    userId: text('user_id').notNull(),
    correlationId: text('correlation_id').notNull(),
    /** When the method was in all positions of the contract; null until then. */
    methodAppliedAt: instantColumn('method_applied_at'),
  },
  (table) => [
    primaryKey({ name: 'contract_pkey', columns: [table.contractId, table.version] }),
    index('contract_method_due')
      .on(table.effectiveFrom)
      .where(sql`method_applied_at is null`),
  ],
);

/** Trades that went in before their contract and UTI were generated; kept once they are. */
export const contractPending = positionsSchema.table(
  'contract_pending',
  {
    tradeId: text('trade_id').primaryKey(),
    positionKey: text('position_key').notNull(),
    /** Of the trade's event. */
    eventVer: integer('event_ver').notNull(),
    classification: text('classification').notNull(),
    /** Of that event. */
    recordedAt: instantColumn('recorded_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instantColumn('next_attempt_at').notNull().default(now),
    lastError: text('last_error'),
    /** GENERATED or POSITION_CLOSED; null while it waits. */
    outcome: text('outcome'),
    uti: text('uti'),
    settledAt: instantColumn('settled_at'),
  },
  (table) => [
    index('contract_pending_due')
      .on(table.nextAttemptAt)
      .where(sql`settled_at is null`),
  ],
);

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
    /** OPEN, IN_PROGRESS while somebody tries it, then RETRIED, CORRECTED or DISCARDED. */
    status: text('status').notNull().default('OPEN'),
    /** By itself. */
    attempts: integer('attempts').notNull().default(0),
    /** When it is tried again by itself; null when it will not be. */
    nextAttemptAt: instantColumn('next_attempt_at'),
    /** Id of the attempt in hand; null while there is none. */
    claimedBy: text('claimed_by'),
    claimedAt: instantColumn('claimed_at'),
    resolvedAt: instantColumn('resolved_at'),
    resolvedBy: text('resolved_by'),
    /** The reason given by whoever resolved it. */
    resolution: text('resolution'),
    /** Id of the trade that was counted in the end. */
    retriedAs: text('retried_as'),
    /** The dead letter it became when a retry was refused for another reason. */
    successorId: uuid('successor_id'),
  },
  (table) => [
    unique('dead_letter_once').on(table.requestHash, table.reason),
    index('dead_letter_listed').on(table.firstRefusedAt, table.id),
    index('dead_letter_due')
      .on(table.nextAttemptAt)
      .where(sql`next_attempt_at is not null`),
    index('dead_letter_unresolved')
      .on(table.firstRefusedAt, table.id)
      .where(sql`status in ('OPEN', 'IN_PROGRESS')`),
    index('dead_letter_by_trade').on(table.tradeId),
  ],
);

/** Who did what to a dead letter, and what came of it. */
export const deadLetterAttempt = positionsSchema.table(
  'dead_letter_attempt',
  {
    commandId: text('command_id').primaryKey(),
    deadLetterId: uuid('dead_letter_id').notNull(),
    /** RETRY, CORRECT or DISCARD. */
    action: text('action').notNull(),
    /** Fingerprint of the command's content: tells the same one again from another one. */
    requestHash: text('request_hash').notNull(),
    /** The corrected trade; null for the other actions. */
    payload: jsonb('payload'),
    /** The reason given; null for none. */
    comment: text('comment'),
    userId: text('user_id').notNull(),
    correlationId: text('correlation_id').notNull(),
    startedAt: instantColumn('started_at').notNull().default(now),
    /** Null while nobody knows what came of it. */
    endedAt: instantColumn('ended_at'),
    /** COUNTED, REFUSED or DISCARDED; null until it has ended. */
    outcome: text('outcome'),
    /** Of REFUSED; else null, like its message. */
    reason: text('reason'),
    message: text('message'),
    /** Of COUNTED; else null, like key and version. */
    tradeId: text('trade_id'),
    positionKey: text('position_key'),
    eventVer: integer('event_ver'),
  },
  (table) => [
    index('dead_letter_attempt_by_letter').on(table.deadLetterId, table.startedAt, table.commandId),
  ],
);
