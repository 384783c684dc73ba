/** Durable topics that last as long as the process: for unit tests, and as the plainest example. */

import { type Logger, silentLogger } from '#platform/logger';
import type { Consumer, EventLog, NewRecord } from '#platform/ports';
import { LogConsumer } from './consumer.ts';
import type { ConsumerBackend } from './consumer-backend.ts';
import { createInProcessGroupSharing } from './in-process-group-sharing.ts';
import { LOG_START, positionOf } from './log-position.ts';
import { MemoryLogState } from './memory-log-state.ts';

export interface MemoryEventLog extends EventLog {
  /** All of them or none, like the transaction that would have written them. */
  append(records: readonly NewRecord[]): Promise<void>;
}

export function createMemoryEventLog({
  logger = silentLogger,
  nowMs = Date.now,
}: { logger?: Logger; nowMs?: () => number } = {}): MemoryEventLog {
  const state = new MemoryLogState(nowMs);
  const sharing = createInProcessGroupSharing();
  const consumers = new Set<Consumer>();

  return {
    append: async (records) => {
      state.append(records);
    },
    async consume(options) {
      const { topic, group } = options;
      state.enterGroup(topic, group, options.startAt ?? 'beginning');
      const member = new LogConsumer(options, memoryBackend(state, topic, group), logger);
      const membership = await sharing.join(topic, group, member);
      const consumer = member.control(async () => {
        consumers.delete(consumer);
        await membership.leave();
      });
      consumers.add(consumer);
      return consumer;
    },
    readAfter: async (topic, after, limit) => {
      const position = after === null ? LOG_START : positionOf(after);
      return state.recordsAfter(topic, position).slice(0, limit);
    },
    end: async () => state.end(),
    onNews: (topic, wake) => state.onNews(topic, wake),
    deadLetters: async ({ topic, group, limit }) => state.deadLetters(topic, group).slice(0, limit),
    retryDeadLetter: async (id) => state.requestRetry(id),
    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await sharing.close();
    },
  };
}

function memoryBackend(state: MemoryLogState, topic: string, group: string): ConsumerBackend {
  return {
    positions: async (partitions) =>
      new Map(partitions.map((each) => [each, state.position(topic, group, each)])),
    read: async (cursors, maxBatch) => ({
      recordsByPartition: new Map(
        cursors.map(({ partition, after }) => [
          partition,
          state.recordsAfter(topic, after, partition).slice(0, maxBatch),
        ]),
      ),
      isNewsComing: false,
    }),
    acknowledge: async (record) => {
      state.acknowledge(group, record);
    },
    bury: async (burial) => {
      state.bury(group, burial);
    },
    requestedRetries: async (partitions) =>
      state
        .requestedRetries(topic, group)
        .filter(({ record }) => partitions.includes(record.partition)),
    settleRetry: async (letter, failure) => {
      state.settleRetry(letter, failure);
    },
    lag: async () => state.lag(topic, group),
    onNews: (wake) => state.onNews(topic, wake),
  };
}
