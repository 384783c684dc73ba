/** Tables of instruments, bars, reference rates and imports; ticks have tick-tables.ts. */

import { sql } from 'drizzle-orm';
import {
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { decimalColumn, scaled } from '#platform/postgres';

export const marketDataSchema = pgSchema('market_data');

const now = sql`clock_timestamp()`;

export const instrument = marketDataSchema.table(
  'instrument',
  {
    instrumentId: text('instrument_id').primaryKey(),
    symbol: text('symbol').notNull().unique(),
    name: text('name').notNull(),
    assetClass: text('asset_class').notNull(),
    currency: text('currency').notNull(),
    sector: text('sector'),
    mic: text('mic'),
    isin: text('isin'),
    figi: text('figi'),
    recordedAt: instantColumn('recorded_at').notNull().default(now),
  },
  (table) => [index('instrument_by_sector').on(table.sector)],
);

/** Bars of one instrument from one source and of one length: series are never mixed. */
export const priceSeries = marketDataSchema.table(
  'price_series',
  {
    seriesId: integer('series_id').primaryKey().generatedAlwaysAsIdentity(),
    instrumentId: text('instrument_id').notNull(),
    source: text('source').notNull(),
    /** DAY_1 or MONTH_1. */
    interval: text('interval').notNull(),
    isAdjusted: boolean('is_adjusted').notNull(),
    /** A person chose it; beats every other order. */
    isChosen: boolean('is_chosen').notNull().default(false),
    /** The one that readers see; settled at the end of each import. */
    isPreferred: boolean('is_preferred').notNull().default(false),
    /** Null until the first import of the series has ended. */
    firstDate: date('first_date', { mode: 'string' }),
    lastDate: date('last_date', { mode: 'string' }),
    barCount: integer('bar_count').notNull().default(0),
  },
  (table) => [
    unique('price_series_identity').on(table.instrumentId, table.interval, table.source),
    uniqueIndex('price_series_preferred')
      .on(table.instrumentId, table.interval)
      .where(sql`is_preferred`),
  ],
);

const barColumns = {
  seriesId: integer('series_id').notNull(),
  businessDate: date('business_date', { mode: 'string' }).notNull(),
  open: scaled('open'),
  high: scaled('high'),
  low: scaled('low'),
  close: scaled('close').notNull(),
  volume: scaled('volume'),
  /** 1 for the first value, one more with every change. */
  revision: integer('revision').notNull().default(1),
  recordedAt: instantColumn('recorded_at').notNull().default(now),
};

/** Partitioned by decade of the business date: see the migration. */
export const priceBar = marketDataSchema.table('price_bar', barColumns, (table) => [
  primaryKey({ name: 'price_bar_pkey', columns: [table.seriesId, table.businessDate] }),
]);

/** What a bar was before it changed; a trigger writes it, so that no writer can forget. */
export const priceBarHistory = marketDataSchema.table(
  'price_bar_history',
  { ...barColumns, replacedAt: instantColumn('replaced_at').notNull().default(now) },
  (table) => [
    primaryKey({
      name: 'price_bar_history_pkey',
      columns: [table.seriesId, table.businessDate, table.revision],
    }),
  ],
);

const fixingColumns = {
  currency: text('currency').notNull(),
  fixedOn: date('fixed_on', { mode: 'string' }).notNull(),
  unitsPerEur: decimalColumn('units_per_eur').notNull(),
  source: text('source').notNull(),
  revision: integer('revision').notNull().default(1),
  recordedAt: instantColumn('recorded_at').notNull().default(now),
};

/** Reference rates per euro. */
export const fxFixing = marketDataSchema.table('fx_fixing', fixingColumns, (table) => [
  primaryKey({ name: 'fx_fixing_pkey', columns: [table.currency, table.fixedOn] }),
]);

/** What a fixing was before it changed; a trigger writes it. */
export const fxFixingHistory = marketDataSchema.table(
  'fx_fixing_history',
  { ...fixingColumns, replacedAt: instantColumn('replaced_at').notNull().default(now) },
  (table) => [
    primaryKey({
      name: 'fx_fixing_history_pkey',
      columns: [table.currency, table.fixedOn, table.revision],
    }),
  ],
);

/** The days on which an exchange trades; between its first and its last one it rests on others. */
export const exchangeSession = marketDataSchema.table(
  'exchange_session',
  {
    /** Market code of ISO 10383. */
    mic: text('mic').notNull(),
    sessionDate: date('session_date', { mode: 'string' }).notNull(),
    opensAt: instantColumn('opens_at').notNull(),
    closesAt: instantColumn('closes_at').notNull(),
    /** Lunch break; null for none. */
    breakStart: instantColumn('break_start'),
    breakEnd: instantColumn('break_end'),
    source: text('source').notNull(),
  },
  (table) => [
    primaryKey({ name: 'exchange_session_pkey', columns: [table.mic, table.sessionDate] }),
  ],
);

export const importRun = marketDataSchema.table(
  'import_run',
  {
    runId: integer('run_id').primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').notNull(),
    fileName: text('file_name').notNull(),
    source: text('source').notNull(),
    status: text('status').notNull(),
    rowsRead: integer('rows_read').notNull().default(0),
    valuesStored: integer('values_stored').notNull().default(0),
    valuesUnchanged: integer('values_unchanged').notNull().default(0),
    faultCount: integer('fault_count').notNull().default(0),
    /** The first 100: [{ line, column, reason }]. */
    faults: jsonb('faults')
      .notNull()
      .default(sql`'[]'::jsonb`),
    /** Why it failed, for people; null otherwise. */
    failure: text('failure'),
    startedAt: instantColumn('started_at').notNull(),
    finishedAt: instantColumn('finished_at'),
  },
  (table) => [
    index('import_run_running')
      .on(table.status)
      .where(sql`status = 'RUNNING'`),
  ],
);
