/** How a row of the outbox or of the dead letters becomes a record. */

import type { Sql } from 'postgres';
import type { JsonValue, LogRecord } from '#platform/ports';
import { sequenceOf } from './log-position.ts';

export interface RecordRow {
  readonly xid: string;
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly type: string;
  readonly version: number;
  readonly payload: JsonValue;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly recordedAtMs: number;
}

/** Columns of an outbox row under the names of `RecordRow`; `id` is told, for tables differ. */
export function recordColumns(sql: Sql, id: 'id' | 'record_id' = 'id') {
  return sql`
    xid::text as xid, ${sql(id)}::text as id, topic, partition, key, type, version, payload,
    correlation_id as "correlationId", causation_id as "causationId",
    floor(extract(epoch from recorded_at) * 1000)::float8 as "recordedAtMs"`;
}

export function recordOf(row: RecordRow): LogRecord {
  const { xid, id, ...fields } = row;
  return { ...fields, sequence: sequenceOf({ xid: BigInt(xid), id: BigInt(id) }) };
}
