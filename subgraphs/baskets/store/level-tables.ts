/** Tables of levels beyond the ticks: closes, weeks and months, restatements, corporate actions. */

import { customType, date, index, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { scaled } from '#platform/postgres';
import { basketsSchema } from './tables.ts';

const divisorColumn = customType<{ data: string }>({ dataType: () => 'numeric(60, 24)' });

/** The level at the end of a day; a restatement is the next revision, the former stays. */
export const dailyLevel = basketsSchema.table(
  'daily_level',
  {
    basketId: text('basket_id').notNull(),
    businessDate: date('business_date').notNull(),
    /** 1 for the first one published. */
    revision: integer('revision').notNull(),
    level: scaled('level').notNull(),
    /** With regular dividends reinvested, gross and net of withholding; null when not computed. */
    grossLevel: scaled('gross_level'),
    netLevel: scaled('net_level'),
    versionNumber: integer('version_number').notNull(),
    divisor: divisorColumn('divisor').notNull(),
    quality: text('quality').notNull(),
    recordedAt: instantColumn('recorded_at').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'daily_level_pkey',
      columns: [table.basketId, table.businessDate, table.revision],
    }),
  ],
);

/** Performance by week and month. */
export const levelRollup = basketsSchema.table(
  'level_rollup',
  {
    basketId: text('basket_id').notNull(),
    /** WEEK or MONTH. */
    period: text('period').notNull(),
    periodStart: date('period_start').notNull(),
    open: scaled('open').notNull(),
    high: scaled('high').notNull(),
    low: scaled('low').notNull(),
    close: scaled('close').notNull(),
    /** Close of the period before; null for the first one. */
    previousClose: scaled('previous_close'),
    openAt: instantColumn('open_at').notNull(),
    closeAt: instantColumn('close_at').notNull(),
    levelCount: integer('level_count').notNull(),
    updatedAt: instantColumn('updated_at').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'level_rollup_pkey',
      columns: [table.basketId, table.period, table.periodStart],
    }),
  ],
);

/** Past levels that turned out otherwise, append-only. */
export const levelRestatement = basketsSchema.table(
  'level_restatement',
  {
    basketId: text('basket_id').notNull(),
    businessDate: date('business_date').notNull(),
    /** Of `daily_level`. */
    revision: integer('revision').notNull(),
    oldLevel: scaled('old_level').notNull(),
    newLevel: scaled('new_level').notNull(),
    /** PUBLISHED when it is large and recent enough to be told as a new close, else INTERNAL. */
    kind: text('kind').notNull(),
    /** What was corrected, in words. */
    cause: text('cause').notNull(),
    recordedAt: instantColumn('recorded_at').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'level_restatement_pkey',
      columns: [table.basketId, table.businessDate, table.revision],
    }),
  ],
);

/** Corporate actions that were announced for a name; each basket that holds it takes it once. */
export const corporateAction = basketsSchema.table(
  'corporate_action',
  {
    actionId: text('action_id').primaryKey(),
    symbol: text('symbol').notNull(),
    /** SPLIT, SPECIAL_DIVIDEND, RIGHTS, ... */
    kind: text('kind').notNull(),
    exDate: date('ex_date').notNull(),
    terms: jsonb('terms').notNull(),
    announcedBy: text('announced_by').notNull(),
    announcedAt: instantColumn('announced_at').notNull(),
  },
  (table) => [index('corporate_action_by_day').on(table.exDate, table.symbol)],
);

/** Corporate actions that a basket has worked in, append-only: none counts twice. */
export const appliedAction = basketsSchema.table(
  'applied_action',
  {
    basketId: text('basket_id').notNull(),
    actionId: text('action_id').notNull(),
    /** Version that was effective when it was applied. */
    versionNumber: integer('version_number').notNull(),
    levelBefore: scaled('level_before').notNull(),
    levelAfter: scaled('level_after').notNull(),
    divisorBefore: divisorColumn('divisor_before').notNull(),
    divisorAfter: divisorColumn('divisor_after').notNull(),
    appliedAt: instantColumn('applied_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'applied_action_pkey', columns: [table.basketId, table.actionId] }),
  ],
);

/**
 * What a level was made of: units, prices and rates. One a minute while it moves, and the first and
 * last of every composition; those between are dropped after some days.
 */
export const levelValuation = basketsSchema.table(
  'level_valuation',
  {
    basketId: text('basket_id').notNull(),
    at: instantColumn('at').notNull(),
    versionNumber: integer('version_number').notNull(),
    divisor: divisorColumn('divisor').notNull(),
    /** Equal while units and divisor are. */
    segment: text('segment').notNull(),
    /** [[symbol, currency, units, price, rate], ...], integers as text in their scales. */
    names: jsonb('names').notNull(),
    /** Day it is the close of; null for one in between. */
    closeOf: date('close_of'),
  },
  (table) => [
    primaryKey({
      name: 'level_valuation_pkey',
      columns: [table.basketId, table.at, table.segment],
    }),
  ],
);
