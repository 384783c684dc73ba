/** Writes facts to the outbox in the caller's transaction: published if and only if it commits. */

import type { Sql, TransactionSql } from 'postgres';
import { partitionOf } from '#kernel/partition';
import { invariant } from './errors.ts';
import type { NewRecord } from './ports.ts';

/** Of one call. Larger work is cut into transactions: a long one holds back every consumer. */
export const MAX_RECORDS_PER_APPEND = 10_000;
/** Of one payload as JSON text, in UTF-16 units. A record tells what happened, not all of it. */
export const MAX_PAYLOAD_LENGTH = 262_144;

/** One statement and one notification, however many records. */
export async function appendToOutbox(
  sql: Sql | TransactionSql,
  records: readonly NewRecord[],
): Promise<void> {
  if (records.length === 0) return;
  invariant(
    records.length <= MAX_RECORDS_PER_APPEND,
    `at most ${MAX_RECORDS_PER_APPEND} records per append, was ${records.length}`,
  );
  const payloads = records.map(payloadText);
  await sql`
    insert into platform.outbox
      (topic, partition, key, type, version, payload, correlation_id, causation_id)
    select * from unnest(
      ${records.map((each) => each.topic)}::text[],
      ${records.map((each) => String(partitionOf(each.key)))}::text[]::smallint[],
      ${records.map((each) => each.key)}::text[],
      ${records.map((each) => each.type)}::text[],
      ${records.map((each) => String(each.version))}::text[]::int[],
      ${payloads}::text[]::jsonb[],
      ${records.map((each) => each.correlationId)}::text[],
      ${records.map((each) => each.causationId)}::text[])`;
}

function payloadText(record: NewRecord): string {
  const text = JSON.stringify(record.payload);
  invariant(
    text.length <= MAX_PAYLOAD_LENGTH,
    `payload of ${record.type} has at most ${MAX_PAYLOAD_LENGTH} characters, was ${text.length}`,
  );
  return text;
}
