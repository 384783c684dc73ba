/**
 * Which positions wait for their recalculation, in what order, and who waits for them.
 *
 * A position is idle, WAITING, or RUNNING: one calculation at a time, for everything late that was
 * known when it began. What comes meanwhile waits for the next one. Across positions the newest
 * comes first, for somebody is watching it; but every second turn is of those who have waited for
 * too long, oldest first: while more comes than is calculated, some would wait without end. Inside
 * a position the oldest effective date is first. A place that has calculated RESTS before it takes
 * the next position, as long as it is told to.
 */

import type { BusinessDate } from '#kernel/business-date';
import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import type { PositionKey } from '../domain/position-key.ts';

/** Since the oldest late event of a position was recorded. */
export const OVERDUE_MS = 60_000;

/** Something late in a position, counted by estimate. */
export interface LateEvent {
  readonly key: PositionKey;
  readonly version: number;
  /** Id of the trade, amendment, reset or action. */
  readonly causedBy: string;
  readonly effectiveDate: BusinessDate;
  readonly recordedAtMs: number;
  readonly correlationId: string;
  /** Of the record that told of it. */
  readonly causationId: string;
  readonly user: string;
}

export interface RecalculationQueueOptions {
  /** Resolves when the position counts all of them at their place, or said why it cannot. */
  readonly recalculate: (
    key: PositionKey,
    late: readonly LateEvent[],
    signal: AbortSignal,
  ) => Promise<void>;
  /** Calculations at once, over all positions; asked before each. */
  readonly maxRunning: () => number;
  /** After a calculation that took so long, its place stays empty until this resolves. */
  readonly rest: (tookMs: number, signal: AbortSignal) => Promise<void>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

interface Wish {
  readonly late: readonly LateEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting {
  readonly key: PositionKey;
  readonly wishes: Set<Wish>;
}

interface Running {
  /** Of those who still want it. */
  readonly wishes: Set<Wish>;
  readonly abort: AbortController;
}

export class RecalculationQueue {
  readonly #options: RecalculationQueueOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, Running>();
  readonly #stopping = new AbortController();
  #resting = 0;
  #isTurnOfOverdue = false;

  constructor(options: RecalculationQueueOptions) {
    this.#options = options;
  }

  /** Settles one result for each position among them, when all are recalculated or given up. */
  async recalculateAll(
    late: readonly LateEvent[],
    signal: AbortSignal,
  ): Promise<readonly PromiseSettledResult<void>[]> {
    signal.throwIfAborted();
    if (this.#stopping.signal.aborted) {
      throw new PlatformError('UPSTREAM_UNAVAILABLE', 'recalculations have stopped');
    }
    const leaving: ((reason: unknown) => void)[] = [];
    const results = byPosition(late).map(
      ({ key, late: ofPosition }) =>
        new Promise<void>((resolve, reject) => {
          const wish = { late: ofPosition, resolve, reject };
          this.#add(key, wish);
          leaving.push((reason) => {
            this.#giveUp(key.text, wish, reason);
          });
        }),
    );
    const leave = (): void => {
      for (const each of leaving) each(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#startNext();
    try {
      return await Promise.allSettled(results);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Begins nothing more: who waits is told so. What runs may end. */
  stop(): void {
    this.#stopping.abort();
    const reason = new PlatformError('UPSTREAM_UNAVAILABLE', 'recalculations are stopping');
    for (const { wishes } of this.#waiting.values()) {
      for (const { reject } of wishes) reject(reason);
    }
    this.#waiting.clear();
  }

  /** Late events that wait for a calculation to begin. */
  get waiting(): number {
    let count = 0;
    for (const { wishes } of this.#waiting.values()) {
      for (const wish of wishes) count += wish.late.length;
    }
    return count;
  }

  /** Of all that wait; null while nothing does. */
  get oldestRecordedAtMs(): number | null {
    let oldest: number | null = null;
    for (const { wishes } of this.#waiting.values()) {
      for (const { late } of wishes) {
        for (const { recordedAtMs } of late)
          oldest = Math.min(oldest ?? recordedAtMs, recordedAtMs);
      }
    }
    return oldest;
  }

  get running(): number {
    return this.#running.size;
  }

  #add(key: PositionKey, wish: Wish): void {
    const before = this.#waiting.get(key.text);
    if (before === undefined) this.#waiting.set(key.text, { key, wishes: new Set([wish]) });
    else before.wishes.add(wish);
  }

  /** Nobody calculates for those who are gone. */
  #giveUp(key: string, wish: Wish, reason: unknown): void {
    wish.reject(reason);
    const before = this.#waiting.get(key);
    if (before?.wishes.delete(wish) && before.wishes.size === 0) this.#waiting.delete(key);
    const now = this.#running.get(key);
    if (now?.wishes.delete(wish) && now.wishes.size === 0) now.abort.abort(reason);
  }

  #startNext(): void {
    while (this.#running.size + this.#resting < this.#options.maxRunning()) {
      const ready = [...this.#waiting.values()].filter(({ key }) => !this.#running.has(key.text));
      const next = this.#nextOf(ready);
      if (next === undefined) return;
      this.#waiting.delete(next.key.text);
      void this.#run(next);
    }
  }

  #nextOf(ready: readonly Waiting[]): Waiting | undefined {
    if (ready.length === 0) return undefined;
    const overdueMs = this.#options.clock.nowMs() - OVERDUE_MS;
    const overdue = this.#isTurnOfOverdue ? oldestOf(ready, overdueMs) : undefined;
    this.#isTurnOfOverdue = !this.#isTurnOfOverdue;
    return overdue ?? newestOf(ready);
  }

  async #run({ key, wishes }: Waiting): Promise<void> {
    const abort = new AbortController();
    this.#running.set(key.text, { wishes, abort });
    const startedAtMs = performance.now();
    const late = [...wishes].flatMap((wish) => wish.late).toSorted(byEffectiveDate);
    try {
      await this.#options.recalculate(key, late, abort.signal);
      for (const { resolve } of wishes) resolve();
    } catch (error) {
      for (const { reject } of wishes) reject(error);
    } finally {
      this.#running.delete(key.text);
      await this.#rest(performance.now() - startedAtMs);
      this.#startNext();
    }
  }

  async #rest(tookMs: number): Promise<void> {
    this.#resting += 1;
    try {
      await this.#options.rest(tookMs, this.#stopping.signal);
    } finally {
      this.#resting -= 1;
    }
  }
}

interface LateInPosition {
  readonly key: PositionKey;
  readonly late: LateEvent[];
}

function byPosition(late: readonly LateEvent[]): readonly LateInPosition[] {
  const positions = new Map<string, LateInPosition>();
  for (const each of late) {
    const before = positions.get(each.key.text);
    if (before === undefined) positions.set(each.key.text, { key: each.key, late: [each] });
    else before.late.push(each);
  }
  return [...positions.values()];
}

function newestOf(candidates: readonly Waiting[]): Waiting | undefined {
  let newest: Waiting | undefined;
  let newestAtMs = Number.NEGATIVE_INFINITY;
  for (const each of candidates) {
    const atMs = newestAtMsOf(each);
    if (atMs < newestAtMs) continue;
    newest = each;
    newestAtMs = atMs;
  }
  return newest;
}

/** Of those whose oldest event was recorded before. */
function oldestOf(candidates: readonly Waiting[], beforeMs: number): Waiting | undefined {
  let oldest: Waiting | undefined;
  let oldestAtMs = beforeMs;
  for (const each of candidates) {
    const atMs = oldestAtMsOf(each);
    if (atMs >= oldestAtMs) continue;
    oldest = each;
    oldestAtMs = atMs;
  }
  return oldest;
}

function oldestAtMsOf({ wishes }: Waiting): number {
  let oldestAtMs = Number.POSITIVE_INFINITY;
  for (const { late } of wishes) {
    for (const { recordedAtMs } of late) oldestAtMs = Math.min(oldestAtMs, recordedAtMs);
  }
  return oldestAtMs;
}

function newestAtMsOf({ wishes }: Waiting): number {
  let newestAtMs = Number.NEGATIVE_INFINITY;
  for (const { late } of wishes) {
    for (const { recordedAtMs } of late) newestAtMs = Math.max(newestAtMs, recordedAtMs);
  }
  return newestAtMs;
}

function byEffectiveDate(a: LateEvent, b: LateEvent): number {
  if (a.effectiveDate !== b.effectiveDate) return a.effectiveDate < b.effectiveDate ? -1 : 1;
  return a.version - b.version;
}
