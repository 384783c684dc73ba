/** Writes accepted and held ticks to Postgres. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate, utcDateOf } from '#kernel/business-date';
import type { StoredTick } from '../domain/stored-tick.ts';
import {
  endHeld,
  type HeldEnd,
  type HeldRow,
  insertHeld,
  insertTicks,
  moveSources,
  upsertLastPrices,
} from './tick-statements.ts';

/** Rows of one statement: more gains nothing and holds locks for longer. */
export const MAX_TICKS_PER_WRITE = 1_000;

export interface TickWrite {
  readonly ticks: readonly StoredTick[];
  /** The newest tick of each instrument whose last price is due. */
  readonly lastPrices: readonly StoredTick[];
  readonly held: readonly HeldRow[];
  readonly ended: readonly HeldEnd[];
}

export type TickRepository = ReturnType<typeof createTickRepository>;

export function createTickRepository(sql: Sql) {
  const knownMonths = new Set<BusinessDate>();

  const ensureMonths = async (days: Iterable<BusinessDate>): Promise<void> => {
    for (const day of days) {
      const month = businessDate(`${day.slice(0, 7)}-01`);
      if (knownMonths.has(month)) continue;
      await sql`select market_data.ensure_tick_month(${month})`;
      knownMonths.add(month);
    }
  };

  return {
    /** The months of these days get their partition where it is missing. */
    ensureMonths,

    /**
     * All of it or nothing. Writing the same again changes nothing, so a batch whose answer was
     * lost can be sent once more.
     */
    async write({ ticks, lastPrices, held, ended }: TickWrite): Promise<void> {
      await ensureMonths(monthsOf(ticks));
      await sql.begin(async (transaction) => {
        if (ticks.length > 0) await insertTicks(transaction, ticks);
        if (ticks.length > 0) await moveSources(transaction, ticks);
        if (lastPrices.length > 0) await upsertLastPrices(transaction, lastPrices);
        if (held.length > 0) await insertHeld(transaction, held);
        if (ended.length > 0) await endHeld(transaction, ended);
      });
    },
  };
}

function monthsOf(ticks: readonly StoredTick[]): Iterable<BusinessDate> {
  // Two days stand for all: a batch holds the events of minutes, not of months.
  let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { tick } of ticks) {
    if (tick.eventTimeMs < earliest) earliest = tick.eventTimeMs;
    if (tick.eventTimeMs > latest) latest = tick.eventTimeMs;
  }
  return ticks.length === 0 ? [] : [utcDateOf(earliest), utcDateOf(latest)];
}
