/**
 * Reads the outbox as a log. Only rows below the oldest running transaction are shown: a row of
 * that one, or of a later one, could still appear between two that were read already.
 */

import type { Sql } from 'postgres';
import { PARTITION_COUNT } from '#kernel/partition';
import { invariant } from '#platform/errors';
import type { LogRecord } from '#platform/ports';
import type { PartitionCursor, ReadResult } from './consumer-backend.ts';
import { LOG_START, positionOf, sequenceOf } from './log-position.ts';
import { recordColumns, recordOf, type RecordRow } from './record-row.ts';

export const MAX_READ_AFTER = 10_000;

/** Oldest first per partition, at most `maxBatch` of each. */
export async function readPartitions(
  sql: Sql,
  topic: string,
  cursors: readonly PartitionCursor[],
  maxBatch: number,
): Promise<ReadResult> {
  const from = cursorArrays(cursors);
  const rows = await sql<RecordRow[]>`
    select r.*
    from unnest(
        ${from.partitions}::text[]::smallint[], ${from.xids}::text[]::xid8[],
        ${from.ids}::text[]::bigint[]) as c(partition, xid, id)
      cross join lateral (
        select ${recordColumns(sql)}, o.xid as at_xid, o.id as at_id
        from platform.outbox o
        where o.topic = ${topic} and o.partition = c.partition and (o.xid, o.id) > (c.xid, c.id)
          and o.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by o.xid, o.id
        limit ${maxBatch}) r
    order by r.partition, r.at_xid, r.at_id`;
  const recordsByPartition = new Map<number, LogRecord[]>();
  for (const row of rows) {
    const records = recordsByPartition.get(row.partition) ?? [];
    records.push(recordOf(row));
    recordsByPartition.set(row.partition, records);
  }
  return {
    recordsByPartition,
    isNewsComing: rows.length === 0 && (await hasUnsettled(sql, topic, cursors)),
  };
}

/** Merges the partitions, so that one index serves this and the consumers. */
export async function readTopicAfter(
  sql: Sql,
  topic: string,
  after: string | null,
  limit: number,
): Promise<readonly LogRecord[]> {
  const { xid, id } = after === null ? LOG_START : positionOf(after);
  const count = Math.min(limit, MAX_READ_AFTER);
  const rows = await sql<RecordRow[]>`
    select r.*
    from generate_series(0, ${PARTITION_COUNT - 1}::int) as p(partition)
      cross join lateral (
        select ${recordColumns(sql)}, o.xid as at_xid, o.id as at_id
        from platform.outbox o
        where o.topic = ${topic} and o.partition = p.partition
          and (o.xid, o.id) > (${String(xid)}::text::xid8, ${String(id)}::text::bigint)
          and o.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by o.xid, o.id
        limit ${count}) r
    order by r.at_xid, r.at_id
    limit ${count}`;
  return rows.map(recordOf);
}

/** All that cannot be read yet belongs to the oldest running transaction or to a later one. */
export async function readLogEnd(sql: Sql): Promise<string> {
  const [row] = await sql<{ oldest: string }[]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as oldest`;
  invariant(row, 'a select without from answers one row');
  return sequenceOf({ xid: BigInt(row.oldest), id: 0n });
}

async function hasUnsettled(
  sql: Sql,
  topic: string,
  cursors: readonly PartitionCursor[],
): Promise<boolean> {
  const from = cursorArrays(cursors);
  const [row] = await sql<{ found: boolean }[]>`
    select exists (
      select from unnest(
          ${from.partitions}::text[]::smallint[], ${from.xids}::text[]::xid8[],
          ${from.ids}::text[]::bigint[]) as c(partition, xid, id)
        cross join lateral (
          select from platform.outbox o
          where o.topic = ${topic} and o.partition = c.partition and (o.xid, o.id) > (c.xid, c.id)
          limit 1) r) as found`;
  return row?.found === true;
}

function cursorArrays(cursors: readonly PartitionCursor[]) {
  return {
    partitions: cursors.map(({ partition }) => String(partition)),
    xids: cursors.map(({ after }) => String(after.xid)),
    ids: cursors.map(({ after }) => String(after.id)),
  };
}
