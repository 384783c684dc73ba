/** What writers did to bars, so that whoever keeps results made of them sees that they changed. */

import { bigint, date, index, integer } from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { marketDataSchema } from './tables.ts';

/**
 * One row per statement that added or changed bars; a trigger writes it, in the transaction of the
 * bars. Numbers need not become visible in order: readers compare counts and sums, not the newest.
 */
export const barChange = marketDataSchema.table(
  'bar_change',
  {
    number: bigint('number', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    seriesIds: integer('series_ids').array().notNull(),
    /** Of the bars touched, of all these series together. */
    firstDate: date('first_date', { mode: 'string' }).notNull(),
    lastDate: date('last_date', { mode: 'string' }).notNull(),
    recordedAt: instantColumn('recorded_at').notNull(),
  },
  (table) => [index('bar_change_by_time').on(table.recordedAt)],
);
