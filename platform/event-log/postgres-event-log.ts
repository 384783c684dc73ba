/** Durable topics with nothing but Postgres: the outbox is the log, notifications wake readers. */

import type { Sql } from 'postgres';
import type { Logger } from '#platform/logger';
import type { Consumer, EventLog } from '#platform/ports';
import { PostgresNotifications } from '#platform/postgres-notifications';
import { LogConsumer } from './consumer.ts';
import type { ConsumerBackend, PartitionCursor, ReadResult } from './consumer-backend.ts';
import {
  buryRecord,
  findDeadLetters,
  findRequestedRetries,
  requestRetry,
  settleRetry,
} from './dead-letters.ts';
import {
  countLag,
  enterGroup,
  type GroupKey,
  loadPositions,
  storePosition,
} from './group-offsets.ts';
import { positionOf } from './log-position.ts';
import { readLogEnd, readPartitions, readTopicAfter } from './outbox-reader.ts';
import { PostgresGroupSharing } from './postgres-group-sharing.ts';

export const OUTBOX_CHANNEL = 'plumbline_outbox';
/** A dead process's partitions go to the others after this and at most a third more. */
export const DEFAULT_GROUP_TTL_MS = 5_000;

export interface PostgresEventLogOptions {
  /** Pool of the runtime role. */
  readonly sql: Sql;
  /** The same database: notifications need a connection of their own. */
  readonly url: string;
  readonly logger: Logger;
  readonly groupTtlMs?: number;
}

/** How records reach a consumer, where that is not the outbox itself. */
export interface RecordCarrier {
  read(group: GroupKey, cursors: readonly PartitionCursor[], maxBatch: number): Promise<ReadResult>;
  onNews(topic: string, wake: () => void): () => void;
  close(): Promise<void>;
}

export function createPostgresEventLog(
  options: PostgresEventLogOptions,
  openCarrier: (notifications: PostgresNotifications) => RecordCarrier = (notifications) =>
    outboxCarrier(options.sql, notifications),
): EventLog {
  const { sql, logger } = options;
  const notifications = new PostgresNotifications(options);
  const carrier = openCarrier(notifications);
  const sharing = new PostgresGroupSharing({
    sql,
    logger,
    notifications,
    ttlMs: options.groupTtlMs ?? DEFAULT_GROUP_TTL_MS,
  });
  const consumers = new Set<Consumer>();

  return {
    async consume(consumerOptions) {
      const { topic, group, startAt } = consumerOptions;
      await enterGroup(sql, consumerOptions, startAt ?? 'beginning');
      const backend = postgresBackend(sql, { topic, group }, carrier);
      const member = new LogConsumer(consumerOptions, backend, logger);
      const membership = await sharing.join(topic, group, member);
      const consumer = member.control(async () => {
        consumers.delete(consumer);
        await membership.leave();
      });
      consumers.add(consumer);
      return consumer;
    },
    readAfter: (topic, after, limit) => readTopicAfter(sql, topic, after, limit),
    end: () => readLogEnd(sql),
    onNews: (topic, wake) => onOutboxNews(notifications, topic, wake),
    deadLetters: (filter) => findDeadLetters(sql, filter),
    async retryDeadLetter(id) {
      const topic = await requestRetry(sql, id);
      if (topic === undefined) return false;
      await sql`select pg_notify(${OUTBOX_CHANNEL}, ${topic})`;
      return true;
    },
    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await sharing.close();
      await carrier.close();
      await notifications.close();
    },
  };
}

function outboxCarrier(sql: Sql, notifications: PostgresNotifications): RecordCarrier {
  return {
    read: ({ topic }, cursors, maxBatch) => readPartitions(sql, topic, cursors, maxBatch),
    onNews: (topic, wake) => onOutboxNews(notifications, topic, wake),
    close: () => Promise.resolve(),
  };
}

/** The payload names the topics written; it is empty when anything may have been missed. */
function onOutboxNews(
  notifications: PostgresNotifications,
  topic: string,
  wake: () => void,
): () => void {
  return notifications.on(OUTBOX_CHANNEL, (topics) => {
    if (topics === '' || topics.split(' ').includes(topic)) wake();
  });
}

function postgresBackend(sql: Sql, key: GroupKey, carrier: RecordCarrier): ConsumerBackend {
  return {
    positions: (partitions) => loadPositions(sql, key, partitions),
    read: (cursors, maxBatch) => carrier.read(key, cursors, maxBatch),
    acknowledge: (record) => storePosition(sql, key, record.partition, positionOf(record.sequence)),
    bury: (burial) => buryRecord(sql, key.group, burial),
    requestedRetries: (partitions) => findRequestedRetries(sql, key, partitions),
    settleRetry: (letter, failure) => settleRetry(sql, letter, failure),
    lag: () => countLag(sql, key),
    onNews: (wake) => carrier.onNews(key.topic, wake),
  };
}
