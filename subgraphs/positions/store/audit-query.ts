/**
 * The statements behind the audit trail. Its order is that of recording, and a page must cost what
 * a page holds, however many events there are. What is asked for decides by which road:
 *
 * - POSITION: one position. Its versions grow with the time, so they are the order.
 * - POSITIONS: few events, known by the snapshots of their positions: they are fetched and sorted.
 * - TIME: along the index on the time, leaving out what does not fit. Many events fit, so a page is
 *   full soon. The planner goes by user, workflow, trade or type where that is shorter.
 */

import type { Fragment, Sql } from 'postgres';
import { instantText } from '#platform/instant-column';
import type { AuditFilter, AuditPlace } from '../domain/audited-event.ts';
import { exactInstant } from './place-in-time.ts';

export type AuditRoad = 'POSITION' | 'POSITIONS' | 'TIME';

/** Fetched and sorted for one page in about a tenth of a second. */
export const MAX_EVENTS_SORTED = 50_000;
/** Looked at to know how many events they have. */
export const MAX_POSITIONS_COUNTED = 5_000;

export async function chooseRoad(sql: Sql, filter: AuditFilter): Promise<AuditRoad> {
  if (isGiven(filter.positionKey)) return 'POSITION';
  if (!isByParts(filter)) return 'TIME';
  // Versions have no gaps: the last one is the number of events.
  const [row] = await sql<{ positions: number; events: number }[]>`
    select count(*)::int as positions, coalesce(sum(last_ver), 0)::float8 as events
    from (
      select last_ver from positions.snapshot_store
      where true ${partConditions(sql, filter)} limit ${MAX_POSITIONS_COUNTED}) counted`;
  const isFew =
    row !== undefined && row.positions < MAX_POSITIONS_COUNTED && row.events <= MAX_EVENTS_SORTED;
  return isFew ? 'POSITIONS' : 'TIME';
}

export interface WantedEvents {
  readonly road: AuditRoad;
  /** Of the event to start after; undefined for the start. */
  readonly place: AuditPlace | undefined;
  readonly limit: number;
}

export interface AuditRow {
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

/** Rows of AuditRow. */
export function eventsAfter(
  sql: Sql,
  filter: AuditFilter,
  { road, place, limit }: WantedEvents,
): Fragment {
  const columns = sql`
    position_key, event_ver, event_type, schema_ver, effective_date,
    ${exactInstant(sql, 'recorded_at')} as recorded,
    ${exactInstant(sql, 'executed_at')} as executed,
    trade_id, uti, side, quantity, price, fees, contract_id, correlation_id, causation_id,
    user_id, source, payload::text as payload, meta_lots::text as meta_lots`;
  const conditions = conditionsOf(sql, filter);
  const order = sql`order by recorded_at, position_key, event_ver limit ${limit}`;
  switch (road) {
    case 'POSITION':
      return sql`
        select ${columns} from positions.event_store
        where position_key = ${filter.positionKey ?? ''} and event_ver > ${place?.version ?? 0}
          ${conditions}
        order by event_ver limit ${limit}`;
    case 'POSITIONS':
      return sql`
        with found as materialized (
          select recorded_at, position_key, event_ver
          from positions.snapshot_store join positions.event_store using (position_key)
          where true ${partConditions(sql, filter)} ${conditions} ${isBehind(sql, place)}
        ), page as materialized (select * from found ${order})
        select ${columns}
        from page join positions.event_store using (recorded_at, position_key, event_ver)
        order by recorded_at, position_key, event_ver`;
    case 'TIME':
      return sql`
        select ${columns} from positions.event_store
        where true ${positionsOf(sql, filter)} ${conditions} ${isBehind(sql, place)}
        ${order}`;
  }
}

/** The first condition is for the index on the time alone; the second tells equal times apart. */
function isBehind(sql: Sql, place: AuditPlace | undefined): Fragment {
  if (place === undefined) return sql``;
  const { recordedAt, positionKey, version } = place;
  return sql`
    and recorded_at >= ${recordedAt}::text::timestamptz
    and (recorded_at, position_key, event_ver) >
      (${recordedAt}::text::timestamptz, ${positionKey}, ${version}::int)`;
}

function conditionsOf(sql: Sql, filter: AuditFilter): Fragment {
  const { correlationId, user, tradeId, types, fromMs, toMs, before } = filter;
  return sql`
    ${isGiven(correlationId) ? sql`and correlation_id = ${correlationId}` : sql``}
    ${isGiven(user) ? sql`and user_id = ${user}` : sql``}
    ${isGiven(tradeId) ? tradeCondition(sql, tradeId) : sql``}
    ${isGiven(types) && types.length > 0 ? typeCondition(sql, types) : sql``}
    ${isGiven(fromMs) ? sql`and recorded_at >= ${instantText(fromMs)}::text::timestamptz` : sql``}
    ${isGiven(toMs) ? sql`and recorded_at < ${instantText(toMs)}::text::timestamptz` : sql``}
    ${isGiven(before) ? sql`and recorded_at < ${before}::text::timestamptz` : sql``}`;
}

/** A trade is in one position only, and the ids that are in say in which. */
function tradeCondition(sql: Sql, tradeId: string): Fragment {
  return sql`and trade_id = ${tradeId} and position_key = (
    select position_key from positions.idempotency_store where command_id = ${tradeId})`;
}

/** Most events are trades: the others have an index of their own, which wants to be told so. */
function typeCondition(sql: Sql, types: readonly string[]): Fragment {
  const isRare = !types.includes('TRADE_APPLIED');
  return sql`
    and event_type = any(${[...types]}::text[])
    ${isRare ? sql`and event_type <> 'TRADE_APPLIED'` : sql``}`;
}

function positionsOf(sql: Sql, filter: AuditFilter): Fragment {
  if (!isByParts(filter)) return sql``;
  return sql`and position_key in (
    select position_key from positions.snapshot_store where true ${partConditions(sql, filter)})`;
}

function isByParts({ bookId, accountId, symbol, contractId }: AuditFilter): boolean {
  return [bookId, accountId, symbol, contractId].some(isGiven);
}

/** Parts of the key stand in the snapshots, each with an index. */
function partConditions(sql: Sql, filter: AuditFilter): Fragment {
  const is = (column: string, value: string | null | undefined) =>
    isGiven(value) ? sql`and ${sql(column)} = ${value.toUpperCase()}` : sql``;
  return sql`
    ${is('book_id', filter.bookId)} ${is('account_id', filter.accountId)}
    ${is('symbol', filter.symbol)} ${is('snapshot_store.contract_id', filter.contractId)}`;
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
