/** Tables of baskets: the facts, what follows from them, the audit trail, commands and levels. */

import { sql } from 'drizzle-orm';
import {
  customType,
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

export const basketsSchema = pgSchema('baskets');

/** Divisors: 24 places, so that a level times a divisor is a market value. */
const divisorColumn = customType<{ data: string }>({ dataType: () => 'numeric(60, 24)' });

/** The facts, append-only. The primary key is the optimistic lock: one writer wins a version. */
export const eventStore = basketsSchema.table(
  'event_store',
  {
    basketId: text('basket_id').notNull(),
    eventVersion: integer('event_version').notNull(),
    eventType: text('event_type').notNull(),
    schemaVersion: integer('schema_version').notNull(),
    payload: jsonb('payload').notNull(),
    actor: text('actor').notNull(),
    correlationId: text('correlation_id').notNull(),
    commandId: text('command_id'),
    recordedAt: instantColumn('recorded_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'event_store_pkey', columns: [table.basketId, table.eventVersion] }),
  ],
);

/** What the facts say now; a replay gives the same. */
export const basket = basketsSchema.table(
  'basket',
  {
    basketId: text('basket_id').primaryKey(),
    code: text('code').notNull(),
    name: text('name').notNull(),
    currency: text('currency').notNull(),
    baseLevel: scaled('base_level').notNull(),
    state: text('state').notNull(),
    currentVersion: integer('current_version').notNull(),
    eventVersion: integer('event_version').notNull(),
    /** Grows with every step of the life cycle: what a command names as seen. */
    revision: integer('revision').notNull().default(0),
    /** Version on its way through approval to a live basket; null when there is none. */
    pendingVersion: integer('pending_version'),
    /** Who may act as maker beside the owner; null for every portfolio manager. */
    delegates: text('delegates').array(),
    /** Size planned, in the currency of the basket; null when nobody said. */
    notional: decimalColumn('notional'),
    /** Not before this moment it goes to the vendors; null for at once. */
    launchAt: instantColumn('launch_at'),
    stateSince: instantColumn('state_since')
      .notNull()
      .default(sql`clock_timestamp()`),
    createdBy: text('created_by').notNull(),
    createdAt: instantColumn('created_at').notNull(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (table) => [unique('basket_code').on(table.code), index('basket_by_state').on(table.state)],
);

/** Content never changes; status and base do. */
export const basketVersion = basketsSchema.table(
  'basket_version',
  {
    basketId: text('basket_id').notNull(),
    number: integer('number').notNull(),
    status: text('status').notNull(),
    weighting: text('weighting').notNull(),
    /** Rule and inputs of the weights; null for plain EQUAL and FIXED. */
    weighing: jsonb('weighing'),
    hash: text('hash').notNull(),
    /** Null until every constituent had a price. */
    divisor: divisorColumn('divisor'),
    /** The level the version started at. */
    basedLevel: scaled('based_level'),
    basedAt: instantColumn('based_at'),
    /** Who made this version; `version_editor` has all who had a hand in it. */
    editedBy: text('edited_by').notNull(),
    createdAt: instantColumn('created_at').notNull(),
    /** Where the content comes from: EDIT, REBALANCE or CORPORATE_ACTION. */
    origin: text('origin').notNull().default('EDIT'),
    /** Day at whose close it becomes effective; null unless it is scheduled or was. */
    effectiveDate: date('effective_date'),
    /** When it became effective; null before. */
    effectiveAt: instantColumn('effective_at'),
  },
  (table) => [primaryKey({ name: 'basket_version_pkey', columns: [table.basketId, table.number] })],
);

export const constituent = basketsSchema.table(
  'constituent',
  {
    basketId: text('basket_id').notNull(),
    versionNumber: integer('version_number').notNull(),
    /** Place in the order given, from 0. */
    ordinal: integer('ordinal').notNull(),
    symbol: text('symbol').notNull(),
    instrumentId: text('instrument_id').notNull(),
    currency: text('currency').notNull(),
    weight: scaled('weight').notNull(),
    /** Null until the version has a base. */
    units: scaled('units'),
  },
  (table) => [
    primaryKey({
      name: 'constituent_pkey',
      columns: [table.basketId, table.versionNumber, table.ordinal],
    }),
    index('constituent_by_instrument').on(table.instrumentId),
  ],
);

/** The audit trail, append-only: each row carries the hash of the row before it. */
export const transition = basketsSchema.table(
  'transition',
  {
    basketId: text('basket_id').notNull(),
    number: integer('number').notNull(),
    event: text('event').notNull(),
    fromState: text('from_state'),
    toState: text('to_state').notNull(),
    versionNumber: integer('version_number').notNull(),
    versionHash: text('version_hash').notNull(),
    actor: text('actor').notNull(),
    actorRoles: text('actor_roles').array().notNull(),
    onBehalfOf: text('on_behalf_of'),
    comment: text('comment'),
    /** Null when the command was accepted. */
    refusal: text('refusal'),
    commandId: text('command_id'),
    correlationId: text('correlation_id').notNull(),
    recordedAt: instantColumn('recorded_at').notNull(),
    previousHash: text('previous_hash'),
    hash: text('hash').notNull(),
  },
  (table) => [primaryKey({ name: 'transition_pkey', columns: [table.basketId, table.number] })],
);

/** What was answered to a command id of a user, so that a repetition answers the same. */
export const command = basketsSchema.table(
  'command',
  {
    actor: text('actor').notNull(),
    commandId: text('command_id').notNull(),
    contentHash: text('content_hash').notNull(),
    basketId: text('basket_id'),
    /** Row of the audit trail; null when the basket does not exist. */
    transitionNumber: integer('transition_number'),
    /** Null when it was accepted. */
    refusal: text('refusal'),
    message: text('message'),
    recordedAt: instantColumn('recorded_at').notNull(),
  },
  (table) => [primaryKey({ name: 'command_pkey', columns: [table.actor, table.commandId] })],
);

/** Published levels, one per basket and slot of five seconds; time is in the key for partitions. */
export const level = basketsSchema.table(
  'level',
  {
    basketId: text('basket_id').notNull(),
    /** Start of the slot. */
    slotAt: instantColumn('slot_at').notNull(),
    level: scaled('level').notNull(),
    versionNumber: integer('version_number').notNull(),
    divisor: divisorColumn('divisor').notNull(),
    asOf: instantColumn('as_of').notNull(),
    fxFixedOn: text('fx_fixed_on'),
    staleWeight: scaled('stale_weight').notNull(),
    quality: text('quality').notNull(),
    sequence: scaled('sequence').notNull(),
    recordedAt: instantColumn('recorded_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ name: 'level_pkey', columns: [table.basketId, table.slotAt] })],
);
