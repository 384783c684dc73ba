/** Reads the events of all positions in the order in which they were recorded. */

import type { Fragment, Sql } from 'postgres';
import { decimal } from '#kernel/decimal';
import type { PageRequest } from '#platform/connection';
import { invariant, PlatformError } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import type { AuditedEvent, AuditFilter, AuditPlace } from '../domain/audited-event.ts';
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
      const rows = await sql<AuditRow[]>`
        ${eventsAfter(sql, filter, placeOf(page), page.first + 1)}`;
      return rows.map(auditedEventOf);
    },

    /** All of them, a few at a time; never more are read than the caller takes. */
    async *all(filter: AuditFilter): AsyncGenerator<readonly AuditedEvent[]> {
      let place: AuditPlace | undefined;
      for (;;) {
        let count = 0;
        const rows = sql<AuditRow[]>`${eventsAfter(sql, filter, place, ROWS_PER_STATEMENT)}`;
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

function eventsAfter(
  sql: Sql,
  filter: AuditFilter,
  place: AuditPlace | undefined,
  limit: number,
): Fragment {
  // The first condition is for the index on the time alone; the second one tells equal times apart.
  const isBehind =
    place === undefined
      ? sql``
      : sql`and recorded_at >= ${place.recordedAt}::text::timestamptz
          and (recorded_at, position_key, event_ver) >
            (${place.recordedAt}::text::timestamptz, ${place.positionKey}, ${place.version}::int)`;
  return sql`
    select position_key, event_ver, event_type, schema_ver, effective_date,
      ${exactInstant(sql, 'recorded_at')} as recorded, ${exactInstant(sql, 'executed_at')} as executed,
      trade_id, uti, side, quantity, price, fees, contract_id, correlation_id, causation_id, user_id,
      source, payload::text as payload, meta_lots::text as meta_lots
    from positions.event_store
    where true ${conditionsOf(sql, filter)} ${isBehind}
    order by recorded_at, position_key, event_ver limit ${limit}`;
}

function conditionsOf(sql: Sql, filter: AuditFilter): Fragment {
  const { positionKey, correlationId, user, tradeId, types, fromMs, toMs, before } = filter;
  return sql`
    ${isGiven(positionKey) ? sql`and position_key = ${positionKey}` : sql``}
    ${positionCondition(sql, filter)}
    ${isGiven(correlationId) ? sql`and correlation_id = ${correlationId}` : sql``}
    ${isGiven(user) ? sql`and user_id = ${user}` : sql``}
    ${isGiven(tradeId) ? tradeCondition(sql, tradeId) : sql``}
    ${isGiven(types) && types.length > 0 ? sql`and event_type = any(${[...types]}::text[])` : sql``}
    ${isGiven(fromMs) ? sql`and recorded_at >= ${instantText(fromMs)}::text::timestamptz` : sql``}
    ${isGiven(toMs) ? sql`and recorded_at < ${instantText(toMs)}::text::timestamptz` : sql``}
    ${isGiven(before) ? sql`and recorded_at < ${before}::text::timestamptz` : sql``}`;
}

/** Parts of the key stand in the snapshots, each with an index. */
function positionCondition(sql: Sql, filter: AuditFilter): Fragment {
  const { bookId, accountId, symbol, contractId } = filter;
  if (![bookId, accountId, symbol, contractId].some(isGiven)) return sql``;
  const is = (column: string, value: string | null | undefined) =>
    isGiven(value) ? sql`and ${sql(column)} = ${value.toUpperCase()}` : sql``;
  return sql`and position_key in (
    select position_key from positions.snapshot_store
    where true ${is('book_id', bookId)} ${is('account_id', accountId)} ${is('symbol', symbol)}
      ${is('contract_id', contractId)})`;
}

/** A trade is in one position only, and the ids that are in say in which. */
function tradeCondition(sql: Sql, tradeId: string): Fragment {
  return sql`and trade_id = ${tradeId} and position_key = (
    select position_key from positions.idempotency_store where command_id = ${tradeId})`;
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

interface AuditRow {
  readonly position_key: string;
  readonly event_ver: number;
  readonly event_type: string;
  readonly schema_ver: number;
  readonly effective_date: string;
  readonly recorded: string;
  readonly executed: string | null;
  readonly trade_id: string | null;
  readonly uti: string | null;
  readonly side: string | null;
  readonly quantity: bigint | null;
  readonly price: bigint | null;
  readonly fees: string | null;
  readonly contract_id: string | null;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly user_id: string;
  readonly source: string;
  readonly payload: string;
  readonly meta_lots: string | null;
}

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
