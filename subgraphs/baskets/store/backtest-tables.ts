/** Tables of what backtests computed, and of the prices they saw. */

import { customType, text } from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { basketsSchema } from './tables.ts';

const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });

/**
 * Results, append-only, each under the hash of everything it was computed from: equal inputs share
 * one row, and computing it again gives the same bytes.
 */
export const backtestResult = basketsSchema.table('backtest_result', {
  inputsHash: text('inputs_hash').primaryKey(),
  /** Canonical JSON in UTF-8: what was measured, level by level. */
  report: bytes('report').notNull(),
  /**
   * Of every rebalance, one after the other: weights before, then weights after, one float64
   * (little-endian) a name in the order of the report.
   */
  weights: bytes('weights').notNull(),
  computedAt: instantColumn('computed_at').notNull(),
});

/**
 * Which content the prices of a window had in a known state of market data: spares reading them
 * only to find that the result is there already. A cache: emptied, it fills itself again.
 */
export const dataSnapshot = basketsSchema.table('data_snapshot', {
  /** Hash of the names, the window and the state of the series and rates behind them. */
  marker: text('marker').primaryKey(),
  /** Hash of the prices themselves. */
  snapshot: text('snapshot').notNull(),
  notedAt: instantColumn('noted_at').notNull(),
});
