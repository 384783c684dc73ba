/**
 * Follows the topic of order updates for all subscribers of this process.
 *
 * Asleep without subscribers, and its memory empty. Awake it looks at the topic every few
 * milliseconds and keeps the last updates. Whoever is that far reads them from memory, whoever is
 * behind from the topic.
 */

import { ORDER_UPDATED_TOPIC, orderUpdated } from '#kernel/topics/order-updated';
import { pause } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { EventLog, LogRecord } from '#platform/ports';
import { type OrderUpdateView, updateViewOf } from '../domain/order-view.ts';

const LOOK_EVERY_MS = 25;
export const MAX_RECORDS_PER_READ = 500;
export const MAX_RECENT_UPDATES = 5_000;

export interface SequencedUpdate extends OrderUpdateView {
  readonly sequence: string;
}

export interface TopicFollowerDeps {
  readonly eventLog: Pick<EventLog, 'readAfter'>;
  /** Everything at or before it can be read already. */
  readonly endOfLog: () => Promise<string>;
  readonly logger: Logger;
  readonly lookEveryMs?: number;
}

export class TopicFollower {
  readonly #deps: TopicFollowerDeps;
  #subscribers = 0;
  #isStopped = false;
  /** Updates after `#start`, without a gap. */
  #recent: SequencedUpdate[] = [];
  /** Zero while asleep: nothing is in memory. */
  #start = 0n;
  #round = 0;
  readonly #waiting = new Set<() => void>();
  #run: Promise<void> | undefined;
  #sleeping = new AbortController();

  constructor(deps: TopicFollowerDeps) {
    this.#deps = deps;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Changes whenever a read may find more than before. */
  get round(): number {
    return this.#round;
  }

  join(): void {
    this.#subscribers += 1;
    this.#begin();
  }

  leave(): void {
    this.#subscribers -= 1;
    if (this.#subscribers === 0) this.#sleeping.abort();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#sleeping.abort();
    this.#tell();
    await this.#run;
  }

  endOfLog(): Promise<string> {
    return this.#deps.endOfLog();
  }

  /** Calls `wake` once, in the next round. */
  wait(wake: () => void): void {
    if (this.#isStopped) wake();
    else this.#waiting.add(wake);
  }

  /** At most MAX_RECORDS_PER_READ. */
  async readAfter(after: string): Promise<readonly SequencedUpdate[]> {
    const position = BigInt(after);
    if (this.#start === 0n || position < this.#start) return this.#readTopic(after);
    // The usual subscriber is at the end: look from there.
    let from = this.#recent.length;
    while (from > 0 && BigInt(this.#recent[from - 1]?.sequence ?? '0') > position) from -= 1;
    return this.#recent.slice(from, from + MAX_RECORDS_PER_READ);
  }

  #begin(): void {
    if (this.#isStopped || this.#subscribers === 0) return;
    this.#run ??= this.#follow().finally(() => {
      this.#run = undefined;
      this.#begin();
    });
  }

  async #follow(): Promise<void> {
    let position: string | null = null;
    while (this.#subscribers > 0 && !this.#isStopped) {
      this.#sleeping = new AbortController();
      try {
        position ??= await this.#wakeUp();
        const updates = await this.#readTopic(position);
        position = updates.at(-1)?.sequence ?? position;
        if (updates.length > 0) this.#keep(updates);
        if (updates.length === MAX_RECORDS_PER_READ) continue;
      } catch (error) {
        this.#deps.logger.warn({ err: error }, 'could not read order updates, will try again');
      }
      await pause(this.#deps.lookEveryMs ?? LOOK_EVERY_MS, this.#sleeping.signal);
    }
    this.#start = 0n;
    this.#recent = [];
  }

  /** Tells everybody: what came between their first look and this end would else wait. */
  async #wakeUp(): Promise<string> {
    const end = await this.#deps.endOfLog();
    this.#start = BigInt(end);
    this.#tell();
    return end;
  }

  #keep(updates: readonly SequencedUpdate[]): void {
    this.#recent.push(...updates);
    const surplus = this.#recent.length - MAX_RECENT_UPDATES;
    const dropped = surplus > 0 ? this.#recent.splice(0, surplus) : [];
    this.#start = BigInt(dropped.at(-1)?.sequence ?? this.#start);
    this.#tell();
  }

  #tell(): void {
    this.#round += 1;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  async #readTopic(after: string): Promise<readonly SequencedUpdate[]> {
    const { eventLog } = this.#deps;
    const records = await eventLog.readAfter(ORDER_UPDATED_TOPIC, after, MAX_RECORDS_PER_READ);
    return records.map(sequencedUpdate);
  }
}

function sequencedUpdate(record: LogRecord): SequencedUpdate {
  const update = updateViewOf(orderUpdated.parse(record.payload, record.version));
  return { ...update, sequence: record.sequence };
}
