/** Tables of listing and publishing: what each vendor was told, and what it said. */

import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  unique,
} from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { scaled } from '#platform/postgres';
import { basketsSchema } from './tables.ts';

/** Where each basket stands with each vendor; follows from the facts. */
export const vendorListing = basketsSchema.table(
  'vendor_listing',
  {
    basketId: text('basket_id').notNull(),
    vendor: text('vendor').notNull(),
    /** NOT_SENT, SENT, ACKED, LISTED, REJECTED, FAILED, DELISTED. */
    status: text('status').notNull(),
    isMandatory: boolean('is_mandatory').notNull(),
    /** Failed attempts since the listing was last started. */
    attempts: integer('attempts').notNull().default(0),
    /** What the vendor calls it, such as a FIGI or a RIC; null before it is listed. */
    vendorId: text('vendor_id'),
    /** Why it was rejected or failed; null otherwise. */
    reason: text('reason'),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (table) => [primaryKey({ name: 'vendor_listing_pkey', columns: [table.basketId, table.vendor] })],
);

/** The stream of prices to one vendor about one basket: where its sequence stands. */
export const vendorChannel = basketsSchema.table(
  'vendor_channel',
  {
    vendor: text('vendor').notNull(),
    basketId: text('basket_id').notNull(),
    lastSequence: scaled('last_sequence').notNull(),
    lastSentAt: instantColumn('last_sent_at'),
    lastAckedSequence: scaled('last_acked_sequence'),
    lastAckedAt: instantColumn('last_acked_at'),
  },
  (table) => [primaryKey({ name: 'vendor_channel_pkey', columns: [table.vendor, table.basketId] })],
);

/** Every price that was handed to a vendor. */
export const vendorPublication = basketsSchema.table(
  'vendor_publication',
  {
    vendor: text('vendor').notNull(),
    basketId: text('basket_id').notNull(),
    /** 1, 2, 3, ... per vendor and basket. */
    sequence: scaled('sequence').notNull(),
    /** The vendor knows a repetition by it. */
    postId: bigint('post_id', { mode: 'bigint' }).notNull(),
    level: scaled('level').notNull(),
    quality: text('quality').notNull(),
    /** When the level was computed. */
    valuedAt: instantColumn('valued_at').notNull(),
    sentAt: instantColumn('sent_at').notNull(),
    ackedAt: instantColumn('acked_at'),
    /** SENT, ACKED, REFUSED, SUPERSEDED by a newer price, or DEAD: given up. */
    outcome: text('outcome').notNull().default('SENT'),
    /** Code and text of a refusal, or why it was given up; null without either. */
    nak: text('nak'),
    attempts: integer('attempts').notNull().default(1),
    /** The endpoint it went to last: PRIMARY or SECONDARY. */
    endpoint: text('endpoint').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'vendor_publication_pkey',
      columns: [table.vendor, table.basketId, table.sequence],
    }),
    unique('vendor_publication_post').on(table.vendor, table.postId),
    index('vendor_publication_by_time').on(table.sentAt),
  ],
);

/** What was sent against what was acknowledged, per vendor and day. */
export const vendorReconciliation = basketsSchema.table(
  'vendor_reconciliation',
  {
    vendor: text('vendor').notNull(),
    businessDate: date('business_date').notNull(),
    sent: integer('sent').notNull(),
    acked: integer('acked').notNull(),
    refused: integer('refused').notNull(),
    /** Neither acknowledged nor refused. */
    unanswered: integer('unanswered').notNull(),
    /** Per basket that does not fit: code, last sent, last acknowledged. */
    breaks: jsonb('breaks').notNull(),
    reconciledAt: instantColumn('reconciled_at').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'vendor_reconciliation_pkey',
      columns: [table.vendor, table.businessDate],
    }),
  ],
);

/** Promises that were not kept, append-only. */
export const slaBreach = basketsSchema.table(
  'sla_breach',
  {
    breachId: text('breach_id').primaryKey(),
    /** APPROVAL_TO_ACTIVE, VALUATION, CADENCE, PUBLISH or BACKTEST. */
    kind: text('kind').notNull(),
    basketId: text('basket_id').notNull(),
    /** Null when no vendor is involved. */
    vendor: text('vendor'),
    limitMs: integer('limit_ms').notNull(),
    actualMs: integer('actual_ms').notNull(),
    detail: text('detail'),
    occurredAt: instantColumn('occurred_at').notNull(),
  },
  (table) => [
    index('sla_breach_by_time').on(table.occurredAt),
    index('sla_breach_by_basket').on(table.basketId, table.occurredAt),
  ],
);
