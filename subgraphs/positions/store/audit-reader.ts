/** Reads the events of all positions in the order in which they were recorded. */

import type { Sql } from 'postgres';
import { decimal } from '#kernel/decimal';
import type { PageRequest } from '#platform/connection';
import { invariant, PlatformError } from '#platform/errors';
import type { AuditedEvent, AuditFilter, AuditPlace } from '../domain/audited-event.ts';
import { type AuditRow, chooseRoad, eventsAfter } from './audit-query.ts';
import { cursorInstant, exactInstant } from './place-in-time.ts';

/**
 * Of one statement of a long reading: what it holds on to in the database does not grow with the
 * history, and it goes on behind the last row.
 */
export const ROWS_PER_STATEMENT = 10_000;
/** In memory at once, for one event of a large position may be a megabyte. */
export const ROWS_PER_BATCH = 200;

/** A moment in the life of the database. */
export interface AuditMoment {
  readonly instant: string;
  /** A transaction number: lower ones were given out before. */
  readonly frontier: string;
}

const VERSION = /^[1-9]\d{0,9}$/;

export type AuditReader = ReturnType<typeof createAuditReader>;

export function createAuditReader(sql: Sql) {
  return {
    /** One more than asked when there is a next page. */
    async list(filter: AuditFilter, page: PageRequest): Promise<readonly AuditedEvent[]> {
      const place = placeOf(page);
      const road = await chooseRoad(sql, filter);
      const rows = await sql<AuditRow[]>`
        ${eventsAfter(sql, filter, { road, place, limit: page.first + 1 })}`;
      return rows.map(auditedEventOf);
    },

    /** All of them, a few at a time; never more are read than the caller takes. */
    async *all(filter: AuditFilter): AsyncGenerator<readonly AuditedEvent[]> {
      let place: AuditPlace | undefined;
      const road = await chooseRoad(sql, filter);
      for (;;) {
        let count = 0;
        const wanted = { road, place, limit: ROWS_PER_STATEMENT };
        const rows = sql<AuditRow[]>`${eventsAfter(sql, filter, wanted)}`;
        for await (const batch of rows.cursor(ROWS_PER_BATCH)) {
          const events = batch.map(auditedEventOf);
          count += events.length;
          place = events.at(-1) ?? place;
          if (events.length > 0) yield events;
        }
        if (count < ROWS_PER_STATEMENT) return;
      }
    },

    /** The database's time with all its digits, and a number above those of all that runs. */
    async now(): Promise<AuditMoment> {
      const [row] = await sql<AuditMoment[]>`
        select ${exactInstant(sql, 'clock_timestamp')} as instant,
          pg_current_xact_id()::text as frontier
        from clock_timestamp()`;
      invariant(row, 'the database tells its time');
      return row;
    },

    /** True when every transaction from before that moment has ended. */
    async isSettled({ frontier }: AuditMoment): Promise<boolean> {
      const [row] = await sql<{ settled: boolean }[]>`
        select pg_snapshot_xmin(pg_current_snapshot()) > ${frontier}::text::xid8 as settled`;
      return row?.settled === true;
    },
  };
}

function placeOf({ after }: PageRequest): AuditPlace | undefined {
  if (after === undefined) return undefined;
  const [instant, positionKey = '', version = ''] = after;
  if (!VERSION.test(version) || Number(version) > MAX_VERSION) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  return { recordedAt: cursorInstant(instant), positionKey, version: Number(version) };
}

/** What an integer column holds. */
const MAX_VERSION = 2_147_483_647;

function auditedEventOf(row: AuditRow): AuditedEvent {
  return {
    positionKey: row.position_key,
    version: row.event_ver,
    type: row.event_type,
    schemaVersion: row.schema_ver,
    effectiveDate: row.effective_date,
    recordedAt: row.recorded,
    executedAt: row.executed,
    tradeId: row.trade_id,
    uti: row.uti,
    side: row.side,
    quantity: row.quantity,
    price: row.price,
    fees: row.fees === null ? null : decimal(row.fees),
    contractId: row.contract_id,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    user: row.user_id,
    source: row.source,
    payloadText: row.payload,
    lotsText: row.meta_lots,
  };
}
