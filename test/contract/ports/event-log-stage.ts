/** One EventLog, opened for the tests of a file, and short words to speak to it. */

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Consumer, ConsumerOptions, EventLog, LogRecord, NewRecord } from '#platform/ports';
import type { Doomed } from './doomed.ts';

export interface EventLogUnderTest {
  readonly log: EventLog;
  append(records: readonly NewRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface EventLogContract {
  readonly name: string;
  open(): Promise<EventLogUnderTest>;
  /** Another process of the group `group` that takes a batch and hangs; where there can be one. */
  readonly startMember?: (topic: string) => Doomed;
  /** Why this one cannot run here; undefined when it can. */
  readonly skipReason?: string | undefined;
}

export interface EventLogStage {
  readonly log: EventLog;
  /** A new one for each test. */
  readonly topic: string;
  /** Appends `[key, value]` pairs to the topic, all at once. */
  append(...values: readonly (readonly [string, number])[]): Promise<void>;
  appendRecord(record: NewRecord): Promise<void>;
  /** Stopped after the test. */
  consume(handle: ConsumerOptions['handle'], options?: Partial<ConsumerOptions>): Promise<Consumer>;
}

/** Opens before the tests of the `describe` it is called in, closes after them. */
export function useEventLog(contract: EventLogContract): EventLogStage {
  let under: EventLogUnderTest | undefined;
  let topic = '';
  const consumers: Consumer[] = [];
  const opened = (): EventLogUnderTest => {
    if (!under) throw new Error('the log is not open yet');
    return under;
  };

  beforeAll(async () => {
    under = await contract.open();
  });
  beforeEach(() => {
    topic = `topic-${randomUUID()}`;
  });
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
  });
  afterAll(async () => {
    await under?.close();
  });

  return {
    get log() {
      return opened().log;
    },
    get topic() {
      return topic;
    },
    append: (...values) =>
      opened().append(values.map(([key, value]) => recordOf(topic, key, value))),
    appendRecord: (record) => opened().append([record]),
    async consume(handle, options = {}) {
      const consumer = await opened().log.consume({ topic, group: 'group', handle, ...options });
      consumers.push(consumer);
      return consumer;
    },
  };
}

/** A handler that notes what it was given. */
export function noting(): { seen: LogRecord[]; handle: ConsumerOptions['handle'] } {
  const seen: LogRecord[] = [];
  return { seen, handle: async (records) => void seen.push(...records) };
}

export function recordOf(topic: string, key: string, value: number): NewRecord {
  return {
    topic,
    key,
    type: 'ValueSet',
    version: 1,
    payload: { value },
    correlationId: `correlation-${value}`,
    causationId: null,
  };
}

export function valueOf({ payload }: LogRecord): number {
  return (payload as { value: number }).value;
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

export const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
