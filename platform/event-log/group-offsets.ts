/** How far each group has come, per partition. Kept in Postgres whatever carries the records. */

import type { Sql } from 'postgres';
import { PARTITION_COUNT } from '#kernel/partition';
import type { LogPosition } from './log-position.ts';

export interface GroupKey {
  readonly topic: string;
  readonly group: string;
}

/** Beyond this the lag is told as this: counting further would cost more than it says. */
export const MAX_COUNTED_LAG = 100_000;

/** Enters a new group at the beginning or at the end; an old one stays where it is. */
export async function enterGroup(
  sql: Sql,
  { topic, group }: GroupKey,
  startAt: 'beginning' | 'end',
): Promise<void> {
  // The end is the watermark: everything below it is settled, everything from it on is to come.
  const start = startAt === 'end' ? sql`pg_snapshot_xmin(pg_current_snapshot())` : sql`'0'::xid8`;
  await sql`
    insert into platform.consumer_offset (topic, consumer_group, partition, xid, id)
    select ${topic}, ${group}, partition, ${start}, 0
    from generate_series(0, ${PARTITION_COUNT - 1}::int) as partition
    on conflict do nothing`;
}

export async function loadPositions(
  sql: Sql,
  { topic, group }: GroupKey,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, LogPosition>> {
  const rows = await sql<{ partition: number; xid: string; id: string }[]>`
    select partition, xid::text as xid, id::text as id
    from platform.consumer_offset
    where topic = ${topic} and consumer_group = ${group}
      and partition = any(${partitions.map(String)}::text[]::smallint[])`;
  return new Map(
    rows.map(({ partition, xid, id }) => [partition, { xid: BigInt(xid), id: BigInt(id) }]),
  );
}

/** Never moves back: a member that lost the partition may still be finishing its last batch. */
export async function storePosition(
  sql: Sql,
  { topic, group }: GroupKey,
  partition: number,
  { xid, id }: LogPosition,
): Promise<void> {
  await sql`
    update platform.consumer_offset
    set xid = ${String(xid)}::text::xid8, id = ${String(id)}::text::bigint
    where topic = ${topic} and consumer_group = ${group} and partition = ${partition}
      and (xid, id) < (${String(xid)}::text::xid8, ${String(id)}::text::bigint)`;
}

/** Counts what is committed, also what may not be read yet. */
export async function countLag(sql: Sql, { topic, group }: GroupKey): Promise<number> {
  const [row] = await sql<{ lag: number }[]>`
    select least(coalesce(sum(r.waiting), 0), ${MAX_COUNTED_LAG}::int)::float8 as lag
    from platform.consumer_offset c
      cross join lateral (
        select count(*) as waiting from (
          select from platform.outbox o
          where o.topic = c.topic and o.partition = c.partition and (o.xid, o.id) > (c.xid, c.id)
          limit ${MAX_COUNTED_LAG}) counted) r
    where c.topic = ${topic} and c.consumer_group = ${group}`;
  return row?.lag ?? 0;
}
