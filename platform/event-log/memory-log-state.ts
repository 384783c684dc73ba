/** What the outbox, the offsets and the dead letters are to Postgres, in plain collections. */

import { PARTITION_COUNT, partitionOf } from '#kernel/partition';
import { invariant } from '#platform/errors';
import type { DeadLetter, LogRecord, NewRecord } from '#platform/ports';
import type { Burial } from './consumer-backend.ts';
import { isAfter, LOG_START, type LogPosition, positionOf, sequenceOf } from './log-position.ts';

/** Nothing is ever deleted, so there is an end. */
export const MAX_MEMORY_RECORDS = 1_000_000;

export class MemoryLogState {
  readonly #newsListeners = new Set<{ readonly topic: string; readonly wake: () => void }>();
  readonly #nowMs: () => number;
  readonly #records: LogRecord[] = [];
  readonly #positions = new Map<string, LogPosition>();
  readonly #letters = new Map<string, DeadLetter>();
  readonly #requestedRetries = new Set<string>();
  #appends = 0n;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  append(records: readonly NewRecord[]): void {
    invariant(
      this.#records.length + records.length <= MAX_MEMORY_RECORDS,
      `the memory log holds at most ${MAX_MEMORY_RECORDS} records`,
    );
    this.#appends += 1n;
    for (const record of records) {
      const id = BigInt(this.#records.length + 1);
      this.#records.push({
        ...record,
        partition: partitionOf(record.key),
        sequence: sequenceOf({ xid: this.#appends, id }),
        recordedAtMs: this.#nowMs(),
      });
    }
    const topics = new Set(records.map(({ topic }) => topic));
    for (const { topic, wake } of this.#newsListeners) if (topics.has(topic)) wake();
  }

  onNews(topic: string, wake: () => void): () => void {
    const listener = { topic, wake };
    this.#newsListeners.add(listener);
    return () => this.#newsListeners.delete(listener);
  }

  end(): string {
    return sequenceOf({ xid: this.#appends + 1n, id: 0n });
  }

  recordsAfter(topic: string, after: LogPosition, partition?: number): readonly LogRecord[] {
    return this.#records.filter(
      (record) =>
        record.topic === topic &&
        (partition === undefined || record.partition === partition) &&
        isAfter(positionOf(record.sequence), after),
    );
  }

  enterGroup(topic: string, group: string, startAt: 'beginning' | 'end'): void {
    const xid = startAt === 'end' ? this.#appends + 1n : 0n;
    for (let partition = 0; partition < PARTITION_COUNT; partition += 1) {
      const name = offsetName(topic, group, partition);
      if (!this.#positions.has(name)) this.#positions.set(name, { xid, id: 0n });
    }
  }

  position(topic: string, group: string, partition: number): LogPosition {
    return this.#positions.get(offsetName(topic, group, partition)) ?? LOG_START;
  }

  acknowledge(group: string, { topic, partition, sequence }: LogRecord): void {
    this.#positions.set(offsetName(topic, group, partition), positionOf(sequence));
  }

  lag(topic: string, group: string): number {
    let lag = 0;
    for (let partition = 0; partition < PARTITION_COUNT; partition += 1) {
      lag += this.recordsAfter(topic, this.position(topic, group, partition), partition).length;
    }
    return lag;
  }

  bury(group: string, { record, reason, attempts }: Burial): void {
    const id = `${record.sequence}-${group}`;
    this.#letters.set(id, { id, group, record, reason, attempts, failedAtMs: this.#nowMs() });
    this.acknowledge(group, record);
  }

  deadLetters(topic: string | undefined, group: string | undefined): readonly DeadLetter[] {
    return [...this.#letters.values()].filter(
      (letter) =>
        (topic === undefined || letter.record.topic === topic) &&
        (group === undefined || letter.group === group),
    );
  }

  requestRetry(id: string): boolean {
    if (!this.#letters.has(id)) return false;
    this.#requestedRetries.add(id);
    return true;
  }

  requestedRetries(topic: string, group: string): readonly DeadLetter[] {
    return this.deadLetters(topic, group).filter(({ id }) => this.#requestedRetries.has(id));
  }

  settleRetry(letter: DeadLetter, failure: string | undefined): void {
    this.#requestedRetries.delete(letter.id);
    if (failure === undefined) {
      this.#letters.delete(letter.id);
      return;
    }
    const attempts = letter.attempts + 1;
    const failedAtMs = this.#nowMs();
    this.#letters.set(letter.id, { ...letter, reason: failure, attempts, failedAtMs });
  }
}

function offsetName(topic: string, group: string, partition: number): string {
  return `${topic}/${group}/${partition}`;
}
