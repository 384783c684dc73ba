/** Tables of ticks, last prices and quarantine. */

import { sql } from 'drizzle-orm';
import { bigint, index, numeric, primaryKey, text } from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { scaled } from '#platform/postgres';
import { marketDataSchema } from './tables.ts';

const now = sql`clock_timestamp()`;

/** Of our own numbering: per symbol. */
const sequenceColumn = () => bigint('sequence', { mode: 'bigint' });

/** What was accepted and published, with its lineage. By month of the event: see the migration. */
export const tick = marketDataSchema.table(
  'tick',
  {
    instrumentId: text('instrument_id').notNull(),
    eventTime: instantColumn('event_time').notNull(),
    sequence: sequenceColumn().notNull(),
    price: scaled('price').notNull(),
    bid: scaled('bid'),
    ask: scaled('ask'),
    size: scaled('size'),
    quality: text('quality').notNull(),
    receivedAt: instantColumn('received_at').notNull(),
    source: text('source').notNull(),
    sourceSequence: text('source_sequence'),
    /** The time a recording states, when event_time was moved to the time of its replay. */
    recordedEventTime: instantColumn('recorded_event_time'),
    /** What the rules noted, such as UNIT_NORMALIZED; separated by blanks. */
    flags: text('flags').notNull(),
    /** Sequence of the tick that this one puts right; null for an original. */
    supersedes: bigint('supersedes', { mode: 'bigint' }),
  },
  (table) => [
    primaryKey({
      name: 'tick_pkey',
      columns: [table.instrumentId, table.eventTime, table.sequence],
    }),
  ],
);

/** The last accepted tick per instrument, at most a second behind. */
export const lastPrice = marketDataSchema.table('last_price', {
  instrumentId: text('instrument_id').primaryKey(),
  price: scaled('price').notNull(),
  bid: scaled('bid'),
  ask: scaled('ask'),
  currency: text('currency').notNull(),
  eventTime: instantColumn('event_time').notNull(),
  receivedAt: instantColumn('received_at').notNull(),
  quality: text('quality').notNull(),
  sequence: sequenceColumn().notNull(),
  source: text('source').notNull(),
});

/** How far each source has come per instrument, so that a resent tick is known after a restart. */
export const sourcePosition = marketDataSchema.table(
  'source_position',
  {
    instrumentId: text('instrument_id').notNull(),
    source: text('source').notNull(),
    lastSequence: numeric('last_sequence', { precision: 30, scale: 0 }).notNull(),
    recordedAt: instantColumn('recorded_at').notNull().default(now),
  },
  (table) => [
    primaryKey({ name: 'source_position_pkey', columns: [table.instrumentId, table.source] }),
  ],
);

export const quarantinedTick = marketDataSchema.table(
  'quarantined_tick',
  {
    quarantineId: text('quarantine_id').primaryKey(),
    instrumentId: text('instrument_id').notNull(),
    symbol: text('symbol').notNull(),
    price: scaled('price').notNull(),
    bid: scaled('bid'),
    ask: scaled('ask'),
    size: scaled('size'),
    eventTime: instantColumn('event_time').notNull(),
    receivedAt: instantColumn('received_at').notNull(),
    source: text('source').notNull(),
    sourceSequence: text('source_sequence'),
    rule: text('rule').notNull(),
    reason: text('reason').notNull(),
    /** HELD, CONFIRMED or DISCARDED. */
    status: text('status').notNull(),
    resolvedAt: instantColumn('resolved_at'),
  },
  (table) => [
    index('quarantined_tick_newest').on(table.receivedAt, table.quarantineId),
    index('quarantined_tick_of_symbol').on(table.symbol, table.receivedAt, table.quarantineId),
    index('quarantined_tick_held')
      .on(table.quarantineId)
      .where(sql`status = 'HELD'`),
  ],
);
