/** Reads the events of one position, of every type. */

import type { Sql } from 'postgres';
import type { PositionKey } from '../domain/position-key.ts';
import { eventColumns, type EventRow, type RecordedEvent, recordedEventOf } from './event-codec.ts';

/** In version order, beginning behind the version `after`. */
export async function eventsAfter(
  sql: Sql,
  key: PositionKey,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly RecordedEvent[]> {
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from positions.event_store
    where position_key = ${key.text} and event_ver > ${after}
    order by event_ver limit ${limit}`;
  return rows.map((row) => recordedEventOf(row, key));
}

/** All that are no trades which came in time, in version order. */
export async function eventsButTrades(
  sql: Sql,
  key: PositionKey,
  { after, upTo }: { readonly after: number; readonly upTo: number },
): Promise<readonly RecordedEvent[]> {
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from positions.event_store
    where position_key = ${key.text} and event_ver > ${after} and event_ver <= ${upTo}
      and event_type <> 'TRADE_APPLIED'
    order by event_ver`;
  return rows.map((row) => recordedEventOf(row, key));
}

/** In version order; versions that are not there are left out. */
export async function eventsOfVersions(
  sql: Sql,
  key: PositionKey,
  versions: readonly number[],
): Promise<readonly RecordedEvent[]> {
  if (versions.length === 0) return [];
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from positions.event_store
    where position_key = ${key.text} and event_ver = any(${versions.map(String)}::text[]::int[])
    order by event_ver`;
  return rows.map((row) => recordedEventOf(row, key));
}

/** All that happened to a trade in a position, in version order; none when it is not in there. */
export async function eventsAboutTrade(
  sql: Sql,
  key: PositionKey,
  tradeId: string,
): Promise<readonly RecordedEvent[]> {
  // Only the first event of a trade may be a plain one, which the index leaves out.
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from positions.event_store
    where position_key = ${key.text} and trade_id = ${tradeId} and event_type <> 'TRADE_APPLIED'
    union all
    select ${eventColumns(sql)} from positions.event_store
    where event_type = 'TRADE_APPLIED' and (position_key, event_ver) in (
      select position_key, event_ver from positions.idempotency_store
      where command_id = ${tradeId} and position_key = ${key.text})
    order by event_ver`;
  return rows.map((row) => recordedEventOf(row, key));
}
