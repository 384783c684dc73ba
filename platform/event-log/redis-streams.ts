/**
 * Streams in Redis that carry copies of outbox records, one per topic and partition. The id of an
 * entry is its position, so Redis itself refuses a copy it has; every entry also names the position
 * before it, so a reader sees when one is missing.
 */

import type { ChainableCommander } from 'ioredis';
import { PlatformError } from '#platform/errors';
import type { LogRecord, NewRecord } from '#platform/ports';
import { REDIS_PREFIX, type RedisConnections } from '#platform/redis';
import type { PartitionCursor } from './consumer-backend.ts';
import { isAfter, LOG_START, type LogPosition, positionOf, sequenceOf } from './log-position.ts';

/** Per stream, about. Whoever is further behind reads the outbox. */
export const MAX_STREAM_LENGTH = 100_000;
export const NEWS_CHANNEL = `${REDIS_PREFIX}:news`;
const REFUSED_AS_KNOWN = 'equal or smaller than the target stream top item';

export interface StreamEntry {
  readonly record: LogRecord;
  /** Of the record before in the same partition; the start when there is none. */
  readonly previous: LogPosition;
}

export interface PartitionRead {
  readonly records: readonly LogRecord[];
  /** Entries are missing right after these records: they are in the outbox only. */
  readonly hasGap: boolean;
}

export function streamKey(topic: string, partition: number): string {
  return `${REDIS_PREFIX}:${topic}:${partition}`;
}

export function addEntry(pipeline: ChainableCommander, { record, previous }: StreamEntry): void {
  const { topic, partition, sequence, ...rest } = record;
  pipeline.xadd(
    streamKey(topic, partition),
    'MAXLEN',
    '~',
    MAX_STREAM_LENGTH,
    idOf(positionOf(sequence)),
    'record',
    JSON.stringify(rest),
    'previous',
    idOf(previous),
  );
}

/** Runs the pipeline; throws on the first error except that an entry is known already. */
export async function execute(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) {
    if (error && !error.message.includes(REFUSED_AS_KNOWN)) {
      throw new PlatformError('UPSTREAM_UNAVAILABLE', 'Redis refused a record', { cause: error });
    }
  }
}

/**
 * Reads on from each cursor, in one round trip. Uses XRANGE, whose reply has one shape in both
 * protocol versions; XREAD and XREADGROUP have two.
 */
export async function readStreams(
  { commands }: RedisConnections,
  topic: string,
  cursors: readonly PartitionCursor[],
  maxBatch: number,
): Promise<ReadonlyMap<number, PartitionRead>> {
  const pipeline = commands.pipeline();
  for (const { partition, after } of cursors) {
    pipeline.xrange(streamKey(topic, partition), `(${idOf(after)}`, '+', 'COUNT', maxBatch);
  }
  const replies = (await pipeline.exec()) ?? [];
  const reads = new Map<number, PartitionRead>();
  for (const [index, cursor] of cursors.entries()) {
    const [error, reply] = replies[index] ?? [null, []];
    if (error) throw error;
    reads.set(cursor.partition, contiguous(parseEntries(reply, topic, cursor.partition), cursor));
  }
  return reads;
}

/** The entries up to the first whose predecessor we have not had. */
function contiguous(entries: readonly StreamEntry[], { after }: PartitionCursor): PartitionRead {
  let last = after;
  const records: LogRecord[] = [];
  for (const { record, previous } of entries) {
    if (isAfter(previous, last)) return { records, hasGap: true };
    records.push(record);
    last = positionOf(record.sequence);
  }
  return { records, hasGap: false };
}

/** Entries as `[id, [field, value, ...]]`, written by `addEntry`. */
function parseEntries(reply: unknown, topic: string, partition: number): StreamEntry[] {
  return (reply as [string, string[]][]).map(([id, fields]) => {
    const record = JSON.parse(fieldOf(fields, 'record')) as Omit<NewRecord, 'topic'> & {
      recordedAtMs: number;
    };
    const sequence = sequenceOf(parseId(id));
    return {
      record: { ...record, topic, partition, sequence },
      previous: parseId(fieldOf(fields, 'previous')),
    };
  });
}

function fieldOf(fields: readonly string[], name: string): string {
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] === name) return fields[index + 1] ?? '';
  }
  return '';
}

export function idOf({ xid, id }: LogPosition): string {
  return `${xid}-${id}`;
}

export function parseId(text: string): LogPosition {
  const [xid, id] = text.split('-');
  return xid && id ? { xid: BigInt(xid), id: BigInt(id) } : LOG_START;
}
