/**
 * The end of the log of position changes, read once per process for all streams.
 *
 * IDLE while nobody is attached, else READING. It keeps the newest changes in memory: streams
 * within them are served from there, streams further behind read the log themselves.
 */

import {
  TRADE_APPLIED_TOPIC,
  tradeApplied,
  type TradeAppliedToPosition,
} from '#kernel/topics/trade-applied';
import type { Logger } from '#platform/logger';
import type { EventLog, LogRecord } from '#platform/ports';
import { compareSequences } from '../domain/sequence.ts';

/** Changes kept in memory for all streams together. */
export const MAX_RECENT_CHANGES = 4_096;
export const CHANGES_PER_READ = 500;
/** Between two reads while nothing comes, at most; a nudge cuts it short. */
export const MAX_POLL_MS = 250;
const MIN_POLL_MS = 4;
/** After a read that failed. */
const FAILED_READ_PAUSE_MS = 500;

export interface Change {
  readonly sequence: string;
  readonly recordedAtMs: number;
  readonly applied: TradeAppliedToPosition;
}

export interface ChangeTailDeps {
  readonly eventLog: Pick<EventLog, 'readAfter'>;
  readonly currentEnd: () => Promise<string>;
  readonly logger: Logger;
  /** Resolves early when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export class ChangeTail {
  private readonly deps: ChangeTailDeps;
  /** Every change after `coveredFrom` and up to `tip`. */
  private recent: Change[] = [];
  private coveredFrom = '0';
  private tip = '0';
  private attached = 0;
  private isClosed = false;
  private reading: Promise<void> | undefined;
  private sleep = new AbortController();
  private pollMs = MIN_POLL_MS;
  private readonly waiting = new Set<() => void>();

  constructor(deps: ChangeTailDeps) {
    this.deps = deps;
  }

  attach(): void {
    this.attached += 1;
    this.startReading();
  }

  detach(): void {
    this.attached -= 1;
    if (this.attached === 0) this.sleep.abort();
  }

  get followers(): number {
    return this.attached;
  }

  /** There may be something new: look at once. */
  nudge(): void {
    this.pollMs = MIN_POLL_MS;
    this.sleep.abort();
  }

  /** The next changes after `cursor`, and the place up to which nothing else is to be had. */
  async readFrom(cursor: string): Promise<{ changes: readonly Change[]; upTo: string }> {
    if (this.reading !== undefined && compareSequences(cursor, this.coveredFrom) >= 0) {
      const changes = this.recent.slice(firstAfter(this.recent, cursor));
      return { changes, upTo: later(this.tip, cursor) };
    }
    const boundary = this.coveredFrom;
    const { eventLog, logger } = this.deps;
    const records = await eventLog.readAfter(TRADE_APPLIED_TOPIC, cursor, CHANGES_PER_READ);
    const last = records.at(-1)?.sequence;
    if (last !== undefined) return { changes: changesOf(records, logger), upTo: last };
    // Nothing lies between here and where the memory began when the log was asked.
    return { changes: [], upTo: later(boundary, cursor) };
  }

  /** Resolves when the tail is beyond the cursor, or the signal is aborted. */
  async waitBeyond(cursor: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || compareSequences(this.tip, cursor) > 0) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.waiting.delete(wake);
        resolve();
      };
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.sleep.abort();
    this.wakeAll();
    await this.reading;
  }

  private startReading(): void {
    if (this.reading === undefined && this.isWanted()) this.reading = this.read();
  }

  private isWanted(): boolean {
    return this.attached > 0 && !this.isClosed;
  }

  private async read(): Promise<void> {
    const { eventLog, currentEnd, logger } = this.deps;
    let isPlaced = false;
    while (this.isWanted()) {
      try {
        if (!isPlaced) {
          this.placeAt(await currentEnd());
          isPlaced = true;
        }
        const records = await eventLog.readAfter(TRADE_APPLIED_TOPIC, this.tip, CHANGES_PER_READ);
        if (records.length > 0) this.take(records);
        else this.pollMs = Math.min(this.pollMs * 2, MAX_POLL_MS);
        if (records.length < CHANGES_PER_READ) await this.rest(this.pollMs);
      } catch (error) {
        logger.warn({ err: error }, 'the log of position changes could not be read');
        await this.rest(FAILED_READ_PAUSE_MS);
      }
    }
    this.reading = undefined;
    // Somebody may have come between the last look and now.
    this.startReading();
  }

  private placeAt(end: string): void {
    this.recent = [];
    this.coveredFrom = end;
    this.tip = end;
    this.wakeAll();
  }

  private take(records: readonly LogRecord[]): void {
    this.recent.push(...changesOf(records, this.deps.logger));
    this.tip = records.at(-1)?.sequence ?? this.tip;
    if (this.recent.length > MAX_RECENT_CHANGES) {
      const dropped = this.recent.splice(0, this.recent.length - MAX_RECENT_CHANGES / 2);
      this.coveredFrom = dropped.at(-1)?.sequence ?? this.coveredFrom;
    }
    this.pollMs = MIN_POLL_MS;
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const wake of this.waiting) wake();
  }

  private async rest(ms: number): Promise<void> {
    if (!this.isWanted()) return;
    this.sleep = new AbortController();
    await this.deps.pause(ms, this.sleep.signal);
  }
}

function later(a: string, b: string): string {
  return compareSequences(a, b) > 0 ? a : b;
}

/** Records that cannot be read are passed over: no stream may end by one of them. */
function changesOf(records: readonly LogRecord[], logger: Logger): Change[] {
  return records.flatMap(({ sequence, recordedAtMs, payload, version }): Change[] => {
    try {
      return [{ sequence, recordedAtMs, applied: tradeApplied.parse(payload, version) }];
    } catch (error) {
      logger.error({ err: error, sequence }, 'a change of a position cannot be read');
      return [];
    }
  });
}

/** Index of the first change after the cursor, by halving. */
function firstAfter(changes: readonly Change[], cursor: string): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const change = changes[middle];
    if (change !== undefined && compareSequences(change.sequence, cursor) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
