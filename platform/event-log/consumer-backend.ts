/** What a consumer needs of the log it reads and of the place where its progress is kept. */

import type { DeadLetter, LogRecord } from '#platform/ports';
import type { LogPosition } from './log-position.ts';

export interface PartitionCursor {
  readonly partition: number;
  /** The last record acknowledged. */
  readonly after: LogPosition;
}

export interface ReadResult {
  /** Oldest first; partitions without news are left out. */
  readonly recordsByPartition: ReadonlyMap<number, readonly LogRecord[]>;
  /** Records are written that may not be read yet, because an older transaction still runs. */
  readonly isNewsComing: boolean;
}

export interface Burial {
  readonly record: LogRecord;
  readonly reason: string;
  readonly attempts: number;
}

/** One group on one topic. All of it may reject when the store is away; the consumer retries. */
export interface ConsumerBackend {
  positions(partitions: readonly number[]): Promise<ReadonlyMap<number, LogPosition>>;
  read(cursors: readonly PartitionCursor[], maxBatch: number): Promise<ReadResult>;
  acknowledge(record: LogRecord): Promise<void>;
  /** Writes the dead letter and acknowledges the record in one step. */
  bury(burial: Burial): Promise<void>;
  /** Dead letters somebody wants tried once more. */
  requestedRetries(partitions: readonly number[]): Promise<readonly DeadLetter[]>;
  /** After a retry: gone when it went well, else back to rest with the new reason. */
  settleRetry(letter: DeadLetter, failure: string | undefined): Promise<void>;
  lag(): Promise<number>;
  /** Calls `wake` when there may be something new. Answers how to end that. */
  onNews(wake: () => void): () => void;
}

export interface PartitionOwner {
  assign(partitions: readonly number[]): Promise<void>;
  /** Resolves when the running batch has ended; the partition goes to another member after that. */
  revoke(partition: number): Promise<void>;
  /** Another member may have any of them already: abort what runs. */
  lose(reason: unknown): void;
}

/** Deals the partitions of a topic out to the members of a group. */
export interface GroupSharing {
  join(topic: string, group: string, owner: PartitionOwner): Promise<GroupMembership>;
  close(): Promise<void>;
}

export interface GroupMembership {
  /** Revokes what is held, and tells the others. */
  leave(): Promise<void>;
}
