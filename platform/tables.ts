/** Tables of the running parts: outbox, consumer offsets, dead letters, leases. */

import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core';

export const platformSchema = pgSchema('platform');

/** A 64-bit transaction id: never wraps around, so it orders commits for ever. */
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });
const now = sql`clock_timestamp()`;

/**
 * Facts to publish, written in the transaction that made them true. Ordered by (xid, id): the
 * identity alone is no cursor, because identity order is not commit order.
 */
export const outbox = platformSchema.table(
  'outbox',
  {
    xid: xid8('xid')
      .notNull()
      .default(sql`pg_current_xact_id()`),
    id: bigint('id', { mode: 'bigint' }).generatedAlwaysAsIdentity().notNull(),
    topic: text('topic').notNull(),
    partition: smallint('partition').notNull(),
    key: text('key').notNull(),
    type: text('type').notNull(),
    version: integer('version').notNull(),
    payload: jsonb('payload').notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    recordedAt: instant('recorded_at').notNull().default(now),
  },
  (table) => [
    primaryKey({ name: 'outbox_pkey', columns: [table.xid, table.id] }),
    index('outbox_by_partition').on(table.topic, table.partition, table.xid, table.id),
  ],
);

/** The last record a group has acknowledged, per partition; (0, 0) before the first. */
export const consumerOffset = platformSchema.table(
  'consumer_offset',
  {
    topic: text('topic').notNull(),
    consumerGroup: text('consumer_group').notNull(),
    partition: smallint('partition').notNull(),
    xid: xid8('xid').notNull(),
    id: bigint('id', { mode: 'bigint' }).notNull(),
  },
  (table) => [
    primaryKey({
      name: 'consumer_offset_pkey',
      columns: [table.topic, table.consumerGroup, table.partition],
    }),
  ],
);

/** Records that a group could not handle, kept whole: the outbox row may be gone by then. */
export const deadLetter = platformSchema.table(
  'dead_letter',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    consumerGroup: text('consumer_group').notNull(),
    xid: xid8('xid').notNull(),
    recordId: bigint('record_id', { mode: 'bigint' }).notNull(),
    topic: text('topic').notNull(),
    partition: smallint('partition').notNull(),
    key: text('key').notNull(),
    type: text('type').notNull(),
    version: integer('version').notNull(),
    payload: jsonb('payload').notNull(),
    correlationId: text('correlation_id').notNull(),
    causationId: text('causation_id'),
    recordedAt: instant('recorded_at').notNull(),
    reason: text('reason').notNull(),
    attempts: integer('attempts').notNull(),
    failedAt: instant('failed_at').notNull().default(now),
    /** When somebody asked for one more try; null while it rests. */
    retryRequestedAt: instant('retry_requested_at'),
  },
  (table) => [
    unique('dead_letter_once').on(table.consumerGroup, table.topic, table.xid, table.recordId),
    index('dead_letter_retries')
      .on(table.topic, table.consumerGroup)
      .where(sql`retry_requested_at is not null`),
  ],
);

/** How far the relay has copied the outbox to a broker. One row per broker. */
export const relayCursor = platformSchema.table('relay_cursor', {
  broker: text('broker').primaryKey(),
  xid: xid8('xid').notNull(),
  id: bigint('id', { mode: 'bigint' }).notNull(),
});

/**
 * A process's proof of life. All its leases hang on it, so that renewing hundreds of them writes
 * one row; an expired session is deleted by whoever sees it first, which frees its leases.
 */
export const leaseSession = platformSchema.table('lease_session', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  holder: text('holder').notNull(),
  ttlMs: integer('ttl_ms').notNull(),
  expiresAt: instant('expires_at').notNull(),
});

/** Rows stay when a lease is given up, for the fencing token must never fall back. */
export const lease = platformSchema.table(
  'lease',
  {
    name: text('name').primaryKey(),
    sessionId: bigint('session_id', { mode: 'bigint' }).references(() => leaseSession.id, {
      onDelete: 'set null',
    }),
    fencingToken: bigint('fencing_token', { mode: 'bigint' }).notNull(),
  },
  (table) => [index('lease_by_session').on(table.sessionId)],
);

/** Who takes part in a consumer group now; the partitions are dealt out by this list. */
export const consumerMember = platformSchema.table(
  'consumer_member',
  {
    id: text('id').primaryKey(),
    sessionId: bigint('session_id', { mode: 'bigint' })
      .notNull()
      .references(() => leaseSession.id, { onDelete: 'cascade' }),
    topic: text('topic').notNull(),
    consumerGroup: text('consumer_group').notNull(),
  },
  (table) => [
    index('consumer_member_by_group').on(table.topic, table.consumerGroup),
    index('consumer_member_by_session').on(table.sessionId),
  ],
);
