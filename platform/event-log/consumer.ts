/**
 * One member of a consumer group: reads its partitions and delivers them side by side, one batch
 * in flight per partition.
 *
 * A partition it owns is idle (read on the next round), or busy (a batch is with the handler, or
 * waits for its next attempt). It leaves by `revoke`, which waits for the batch, or by `lose`,
 * which aborts it. A paused consumer starts no batch; a stopped one gives everything back.
 */

import { pause as wait } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { Consumer, ConsumerOptions, DeadLetter, LogRecord } from '#platform/ports';
import type { ConsumerBackend, PartitionOwner } from './consumer-backend.ts';
import { DEFAULT_MAX_ATTEMPTS, type Delivery, deliver, reasonOf } from './delivery.ts';
import { type LogPosition, LOG_START, positionOf } from './log-position.ts';

export const DEFAULT_MAX_BATCH = 500;
/** Without any notification, news is found this late. */
const IDLE_POLL_MS = 1_000;
/** While a record waits for an older transaction, which sends no notification of its own. */
const SETTLING_POLL_FIRST_MS = 10;
const SETTLING_POLL_MAX_MS = 100;
/** How long a stopping consumer waits for the handler before it aborts its signal. */
const STOP_PATIENCE_MS = 10_000;

interface HeldPartition {
  readonly partition: number;
  /** Ends the handler: the lease was lost, or our patience at the end. */
  readonly abort: AbortController;
  /** Ends the attempts: the running one may finish. */
  readonly yielding: AbortController;
  position: LogPosition;
  work: Promise<void> | undefined;
}

export class LogConsumer implements PartitionOwner {
  readonly #options: ConsumerOptions;
  readonly #backend: ConsumerBackend;
  readonly #logger: Logger;
  readonly #held = new Map<number, HeldPartition>();
  readonly #stopping = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #loop: Promise<void>;
  #wake: () => void = () => undefined;
  #hasNews = false;
  #isPaused = false;
  #retriesCheckedAtMs = 0;
  #settlingPollMs = SETTLING_POLL_FIRST_MS;

  constructor(options: ConsumerOptions, backend: ConsumerBackend, logger: Logger) {
    this.#options = options;
    this.#backend = backend;
    this.#logger = logger.child({ topic: options.topic, group: options.group });
    this.#unsubscribe = backend.onNews(() => {
      this.#settlingPollMs = SETTLING_POLL_FIRST_MS;
      this.#nudge();
    });
    this.#loop = this.#run();
  }

  async assign(partitions: readonly number[]): Promise<void> {
    const positions = await this.#backend.positions(partitions);
    for (const partition of partitions) {
      const before = this.#held.get(partition);
      const held: HeldPartition = {
        partition,
        abort: new AbortController(),
        yielding: new AbortController(),
        position: positions.get(partition) ?? LOG_START,
        work: undefined,
      };
      if (this.#stopping.signal.aborted) held.yielding.abort();
      this.#held.set(partition, held);
      // Lost and given back to us, while the handler still runs on what it had.
      if (before?.work) this.#start(held, () => before.work ?? Promise.resolve());
    }
    this.#nudge();
  }

  async revoke(partition: number): Promise<void> {
    const held = this.#held.get(partition);
    held?.yielding.abort();
    await held?.work;
    if (this.#held.get(partition) === held) this.#held.delete(partition);
  }

  lose(reason: unknown): void {
    for (const { abort } of this.#held.values()) abort.abort(reason);
  }

  control(leave: () => Promise<void>): Consumer {
    let stopped: Promise<void> | undefined;
    return {
      pause: () => {
        this.#isPaused = true;
      },
      resume: () => {
        this.#isPaused = false;
        this.#nudge();
      },
      lag: () => this.#backend.lag(),
      stop: () => (stopped ??= this.#stop(leave)),
    };
  }

  async #stop(leave: () => Promise<void>): Promise<void> {
    this.#stopping.abort();
    this.#unsubscribe();
    this.#nudge();
    for (const { yielding } of this.#held.values()) yielding.abort();
    const impatience = setTimeout(() => {
      this.lose(new Error('the consumer stops'));
    }, STOP_PATIENCE_MS);
    await this.#loop;
    for (const { work } of this.#held.values()) await work;
    clearTimeout(impatience);
    await leave();
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#hasNews = false;
      let pollMs = IDLE_POLL_MS;
      try {
        if (!this.#isPaused) pollMs = await this.#round();
      } catch (error) {
        this.#logger.warn({ err: error }, 'could not read the topic, will try again');
      }
      if (!this.#hasNews) await this.#sleep(pollMs);
    }
  }

  /** Reads the idle partitions once and starts their work. Answers how long to wait at most. */
  async #round(): Promise<number> {
    const idle = [...this.#held.values()].filter(isIdle);
    if (idle.length === 0) return IDLE_POLL_MS;
    await this.#retryDeadLetters(idle);
    const cursors = idle
      .filter(isIdle)
      .map(({ partition, position }) => ({ partition, after: position }));
    const maxBatch = this.#options.maxBatch ?? DEFAULT_MAX_BATCH;
    const { recordsByPartition, isNewsComing } = await this.#backend.read(cursors, maxBatch);
    if (this.#isPaused) return IDLE_POLL_MS;
    // Some may be revoked or lost since we began to read: another member has them already.
    for (const held of idle.filter(isIdle)) {
      const records = recordsByPartition.get(held.partition) ?? [];
      if (records.length > 0) this.#start(held, () => this.#deliver(held, records));
    }
    if (!isNewsComing) return IDLE_POLL_MS;
    const pollMs = this.#settlingPollMs;
    this.#settlingPollMs = Math.min(pollMs * 2, SETTLING_POLL_MAX_MS);
    return pollMs;
  }

  async #retryDeadLetters(idle: readonly HeldPartition[]): Promise<void> {
    if (performance.now() - this.#retriesCheckedAtMs < IDLE_POLL_MS) return;
    this.#retriesCheckedAtMs = performance.now();
    const letters = await this.#backend.requestedRetries(idle.map(({ partition }) => partition));
    for (const letter of letters) {
      const held = this.#held.get(letter.record.partition);
      if (held && isIdle(held)) this.#start(held, () => this.#retry(held, letter));
    }
  }

  #start(held: HeldPartition, work: () => Promise<void>): void {
    held.work = work()
      .catch((error: unknown) => {
        this.#logger.error({ err: error, partition: held.partition }, 'delivery broke off');
      })
      .finally(() => {
        held.work = undefined;
        this.#nudge();
      });
  }

  async #deliver(held: HeldPartition, records: readonly LogRecord[]): Promise<void> {
    const last = await deliver(records, this.#delivery(held));
    if (last) held.position = positionOf(last.sequence);
  }

  async #retry(held: HeldPartition, letter: DeadLetter): Promise<void> {
    let failure: string | undefined;
    try {
      await this.#options.handle([letter.record], held.abort.signal);
    } catch (error) {
      failure = reasonOf(error);
    }
    await this.#backend.settleRetry(letter, failure);
  }

  #delivery(held: HeldPartition): Delivery {
    return {
      handle: this.#options.handle,
      maxAttempts: this.#options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
      signal: held.abort.signal,
      stopping: held.yielding.signal,
      acknowledge: (record) => this.#backend.acknowledge(record),
      bury: async (burial) => {
        await this.#backend.bury(burial);
        const { key, type, sequence } = burial.record;
        const { reason } = burial;
        this.#logger.error({ key, type, sequence, reason }, 'record became a dead letter');
      },
      onFailure: (error, attempt) => {
        this.#logger.warn({ err: error, attempt, partition: held.partition }, 'handling failed');
      },
    };
  }

  #nudge(): void {
    this.#hasNews = true;
    this.#wake();
  }

  async #sleep(ms: number): Promise<void> {
    const awake = new AbortController();
    this.#wake = () => {
      awake.abort();
    };
    await wait(ms, awake.signal);
  }
}

function isIdle({ work, abort, yielding }: HeldPartition): boolean {
  return work === undefined && !abort.signal.aborted && !yielding.signal.aborted;
}
