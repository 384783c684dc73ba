/**
 * What the platform asks of messaging and caching: durable topics, volatile channels, last values
 * and leases. The caller names what it needs; configuration names the adapter.
 */

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A fact to put on a durable topic, written in the transaction that made it true. */
export interface NewRecord {
  readonly topic: string;
  /** Records of one key keep their order. */
  readonly key: string;
  /** Event name and schema version, as in kernel/topics. */
  readonly type: string;
  readonly version: number;
  readonly payload: JsonValue;
  readonly correlationId: string;
  /** The event or command that led to this one; null for a root. */
  readonly causationId: string | null;
}

export interface LogRecord extends NewRecord {
  /** kernel/partition of the key. */
  readonly partition: number;
  /** Grows in commit order over all topics of one database; decimal digits. Resume with `after`. */
  readonly sequence: string;
  readonly recordedAtMs: number;
}

export interface ConsumerOptions {
  readonly topic: string;
  /** Each group sees every record; the members of a group share the partitions. */
  readonly group: string;
  /**
   * Called with records of one partition in order. Resolving acknowledges all of them. Throwing
   * redelivers them with backoff; after `maxAttempts` the batch is tried one by one and the record
   * that still fails becomes a dead letter.
   */
  readonly handle: (records: readonly LogRecord[], signal: AbortSignal) => Promise<void>;
  readonly maxBatch?: number;
  readonly maxAttempts?: number;
  /** Where a new group starts. Default `beginning`. */
  readonly startAt?: 'beginning' | 'end';
}

export interface Consumer {
  pause(): void;
  resume(): void;
  /** Records committed to the topic and not yet acknowledged by the group. */
  lag(): Promise<number>;
  /** Lets the running handler finish, gives the partitions up. */
  stop(): Promise<void>;
}

export interface DeadLetter {
  readonly id: string;
  readonly group: string;
  readonly record: LogRecord;
  readonly reason: string;
  readonly attempts: number;
  readonly failedAtMs: number;
}

/** Durable topics: ordered per key, at least once, dead letters instead of loss. */
export interface EventLog {
  consume(options: ConsumerOptions): Promise<Consumer>;
  /** Records after `after` in sequence order, at most `limit`; for resuming a stream. */
  readAfter(topic: string, after: string | null, limit: number): Promise<readonly LogRecord[]>;
  /**
   * The sequence below which nothing can appear any longer, in any topic: whoever reads on from it
   * gets all that is committed from now on, and what waits for an older transaction to end.
   */
  end(): Promise<string>;
  /**
   * Calls `wake` when the topic may have news, committed by whatever process, and after every
   * interruption, for nobody knows what was missed. Records may become readable a moment later
   * than that, when an older transaction still runs. Answers how to end it.
   */
  onNews(topic: string, wake: () => void): () => void;
  deadLetters(filter: {
    readonly topic?: string;
    readonly group?: string;
    readonly limit: number;
  }): Promise<readonly DeadLetter[]>;
  /** Hands the dead letter to its group once more; false when it is not there any longer. */
  retryDeadLetter(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface BroadcastMessage {
  readonly key: string;
  readonly value: JsonValue;
}

export interface Closeable {
  close(): Promise<void>;
}

/** Volatile channels: whoever listens now hears it, in order per publisher; nobody waits. */
export interface Broadcast {
  /** Never rejects for want of listeners; a lost connection drops messages and counts them. */
  publish(channel: string, messages: readonly BroadcastMessage[]): Promise<void>;
  subscribe(
    channel: string,
    listener: (messages: readonly BroadcastMessage[]) => void,
  ): Promise<Closeable>;
  close(): Promise<void>;
}

export interface CacheEntry {
  readonly key: string;
  readonly value: JsonValue;
  /** An entry whose version is not above the stored one is ignored. */
  readonly version: bigint;
  readonly ttlMs?: number;
}

/** Last values. Losing it costs time, never truth. */
export interface Cache {
  getMany(keys: readonly string[]): Promise<readonly (JsonValue | undefined)[]>;
  setMany(entries: readonly CacheEntry[]): Promise<void>;
  close(): Promise<void>;
}

export interface HeldLease {
  readonly name: string;
  /** Grows with every change of holder: writers pass it on, so that a late holder is refused. */
  readonly fencingToken: bigint;
  /** Aborted when the lease was lost or released. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Who owns a partition. Renewed by itself until released or lost. */
export interface Lease {
  tryAcquire(name: string, options: { readonly ttlMs: number }): Promise<HeldLease | undefined>;
  close(): Promise<void>;
}
