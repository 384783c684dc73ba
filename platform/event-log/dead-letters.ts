/** Records a group could not handle, kept in Postgres until a retry goes well. */

import type { Sql } from 'postgres';
import type { DeadLetter, EventLog } from '#platform/ports';
import type { Burial } from './consumer-backend.ts';
import type { GroupKey } from './group-offsets.ts';
import { positionOf } from './log-position.ts';
import { recordColumns, recordOf, type RecordRow } from './record-row.ts';

export const MAX_DEAD_LETTERS_READ = 500;
/** Of one partition round; the rest follows on the next. */
export const MAX_RETRIES_AT_ONCE = 100;

interface DeadLetterRow extends RecordRow {
  readonly letterId: string;
  readonly group: string;
  readonly reason: string;
  readonly attempts: number;
  readonly failedAtMs: number;
}

const letterColumns = (sql: Sql) => sql`
  ${recordColumns(sql, 'record_id')}, id::text as "letterId", consumer_group as group, reason,
  attempts, floor(extract(epoch from failed_at) * 1000)::float8 as "failedAtMs"`;

function letterOf(row: DeadLetterRow): DeadLetter {
  const { letterId, group, reason, attempts, failedAtMs, ...record } = row;
  return { id: letterId, group, record: recordOf(record), reason, attempts, failedAtMs };
}

/** Buries the record and moves the group past it, in one statement. */
export async function buryRecord(sql: Sql, group: string, burial: Burial): Promise<void> {
  const { record, reason, attempts } = burial;
  const { xid, id } = positionOf(record.sequence);
  await sql`
    with buried as (
      insert into platform.dead_letter (
        consumer_group, xid, record_id, topic, partition, key, type, version, payload,
        correlation_id, causation_id, recorded_at, reason, attempts)
      values (
        ${group}, ${String(xid)}::text::xid8, ${String(id)}::text::bigint, ${record.topic},
        ${record.partition}, ${record.key}, ${record.type}, ${record.version},
        ${JSON.stringify(record.payload)}::text::jsonb, ${record.correlationId},
        ${record.causationId}, to_timestamp(${record.recordedAtMs}::float8 / 1000), ${reason},
        ${attempts})
      on conflict (consumer_group, topic, xid, record_id) do update
        set reason = excluded.reason, attempts = excluded.attempts, failed_at = excluded.failed_at)
    update platform.consumer_offset
    set xid = ${String(xid)}::text::xid8, id = ${String(id)}::text::bigint
    where topic = ${record.topic} and consumer_group = ${group} and partition = ${record.partition}
      and (xid, id) < (${String(xid)}::text::xid8, ${String(id)}::text::bigint)`;
}

export async function findDeadLetters(
  sql: Sql,
  { topic, group, limit }: Parameters<EventLog['deadLetters']>[0],
): Promise<readonly DeadLetter[]> {
  const rows = await sql<DeadLetterRow[]>`
    select ${letterColumns(sql)} from platform.dead_letter
    where true
      ${topic === undefined ? sql`` : sql`and topic = ${topic}`}
      ${group === undefined ? sql`` : sql`and consumer_group = ${group}`}
    order by id
    limit ${Math.min(limit, MAX_DEAD_LETTERS_READ)}`;
  return rows.map(letterOf);
}

/** Answers the topic, to wake its consumers with; undefined when the letter is gone. */
export async function requestRetry(sql: Sql, id: string): Promise<string | undefined> {
  if (!/^\d{1,18}$/.test(id)) return undefined;
  const [row] = await sql<{ topic: string }[]>`
    update platform.dead_letter set retry_requested_at = clock_timestamp()
    where id = ${id}::text::bigint
    returning topic`;
  return row?.topic;
}

export async function findRequestedRetries(
  sql: Sql,
  { topic, group }: GroupKey,
  partitions: readonly number[],
): Promise<readonly DeadLetter[]> {
  const rows = await sql<DeadLetterRow[]>`
    select ${letterColumns(sql)} from platform.dead_letter
    where topic = ${topic} and consumer_group = ${group} and retry_requested_at is not null
      and partition = any(${partitions.map(String)}::text[]::smallint[])
    order by xid, record_id
    limit ${MAX_RETRIES_AT_ONCE}`;
  return rows.map(letterOf);
}

export async function settleRetry(
  sql: Sql,
  letter: DeadLetter,
  failure: string | undefined,
): Promise<void> {
  if (failure === undefined) {
    await sql`delete from platform.dead_letter where id = ${letter.id}::text::bigint`;
    return;
  }
  await sql`
    update platform.dead_letter
    set reason = ${failure}, attempts = attempts + 1, failed_at = clock_timestamp(),
      retry_requested_at = null
    where id = ${letter.id}::text::bigint`;
}
