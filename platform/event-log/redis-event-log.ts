/**
 * Durable topics carried by Redis streams, so that many processes do not all read the outbox.
 *
 * The outbox stays the truth: offsets, dead letters and the sharing of partitions are in Postgres
 * as without Redis, and Redis may be flushed, restarted or switched off without a record being lost
 * or handed over again. Consumers read a partition from its stream; from the outbox where the
 * stream has a gap, now and then to be sure that nothing is missing at its end, and while Redis is
 * away.
 */

import type { Sql } from 'postgres';
import type { EventLog, Lease, LogRecord } from '#platform/ports';
import type { RedisConnections } from '#platform/redis';
import type { PartitionCursor, ReadResult } from './consumer-backend.ts';
import type { GroupKey } from './group-offsets.ts';
import { OutboxRelay } from './outbox-relay.ts';
import { readPartitions } from './outbox-reader.ts';
import {
  createPostgresEventLog,
  OUTBOX_CHANNEL,
  type PostgresEventLogOptions,
  type RecordCarrier,
} from './postgres-event-log.ts';
import { NEWS_CHANNEL, readStreams } from './redis-streams.ts';

/** How late a record is found that never reached its stream, with nothing after it to show. */
const AUDIT_EVERY_MS = 5_000;

export interface RedisEventLogOptions extends PostgresEventLogOptions {
  readonly redis: RedisConnections;
  /** In Postgres: decides which process relays. */
  readonly lease: Lease;
  readonly auditEveryMs?: number;
  readonly onRelayed?: (recordCount: number) => void;
  /** Told of each read that had to go to the outbox. */
  readonly onGap?: () => void;
}

export function createRedisEventLog(options: RedisEventLogOptions): EventLog {
  const { redis, sql, logger, auditEveryMs = AUDIT_EVERY_MS } = options;
  const { onGap = () => undefined } = options;
  return createPostgresEventLog(options, (notifications) => {
    const relay = new OutboxRelay({
      ...options,
      onNews: (wake) => notifications.on(OUTBOX_CHANNEL, wake),
    });
    const news = new StreamNews();
    const endNews = redis.subscriptions.on(NEWS_CHANNEL, (topics) => {
      news.wake(topics.split(' '));
    });
    const audit = new AuditTimes(auditEveryMs);
    const endBack = redis.subscriptions.onBack(() => {
      audit.reset();
      news.wakeAll();
    });
    return {
      async read(group, cursors, maxBatch) {
        try {
          return await readThrough({ redis, sql, audit, onGap }, group, cursors, maxBatch);
        } catch (error) {
          onGap();
          logger.debug({ err: error }, 'Redis is away, reading the outbox');
          return readPartitions(sql, group.topic, cursors, maxBatch);
        }
      },
      onNews: (topic, wake) => news.on(topic, wake),
      async close() {
        await relay.stop();
        endBack();
        const end = await endNews;
        end();
      },
    } satisfies RecordCarrier;
  });
}

interface Sources {
  readonly redis: RedisConnections;
  readonly sql: Sql;
  readonly audit: AuditTimes;
  readonly onGap: () => void;
}

async function readThrough(
  { redis, sql, audit, onGap }: Sources,
  group: GroupKey,
  cursors: readonly PartitionCursor[],
  maxBatch: number,
): Promise<ReadResult> {
  const reads = await readStreams(redis, group.topic, cursors, maxBatch);
  const isAudit = audit.isDue(group);
  const recordsByPartition = new Map<number, readonly LogRecord[]>();
  const missing: PartitionCursor[] = [];
  for (const cursor of cursors) {
    const { records, hasGap } = reads.get(cursor.partition) ?? { records: [], hasGap: false };
    if (records.length > 0) recordsByPartition.set(cursor.partition, records);
    else if (hasGap || isAudit) missing.push(cursor);
    if (hasGap) onGap();
  }
  if (missing.length > 0) {
    const found = await readPartitions(sql, group.topic, missing, maxBatch);
    for (const [partition, records] of found.recordsByPartition) {
      recordsByPartition.set(partition, records);
    }
  }
  return { recordsByPartition, isNewsComing: false };
}

/** When each group last compared its streams with the outbox. */
class AuditTimes {
  readonly #everyMs: number;
  readonly #lastMs = new Map<string, number>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  isDue({ topic, group }: GroupKey): boolean {
    const name = `${topic}/${group}`;
    const nowMs = performance.now();
    if (nowMs - (this.#lastMs.get(name) ?? -Infinity) < this.#everyMs) return false;
    this.#lastMs.set(name, nowMs);
    return true;
  }

  reset(): void {
    this.#lastMs.clear();
  }
}

/** Who waits for records of which topic. */
class StreamNews {
  readonly #wakes = new Map<string, Set<() => void>>();

  on(topic: string, wake: () => void): () => void {
    const wakes = this.#wakes.get(topic) ?? new Set();
    this.#wakes.set(topic, wakes.add(wake));
    return () => wakes.delete(wake);
  }

  wake(topics: readonly string[]): void {
    for (const topic of topics) {
      for (const wake of this.#wakes.get(topic) ?? []) wake();
    }
  }

  wakeAll(): void {
    this.wake([...this.#wakes.keys()]);
  }
}
