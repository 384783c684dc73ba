/**
 * Reads the end of a topic once for all streams of a process.
 *
 * IDLE while nobody is attached: reads nothing and keeps nothing. READING else: keeps the newest
 * events in a window; streams within it are served from there, streams further behind read the log
 * themselves. A read follows the news; polls are for records that an older transaction held back
 * when the news came, and for news that were lost.
 */

import type { EventType } from '#kernel/topics/event-type';
import type { Logger } from '#platform/logger';
import type { EventLog, LogRecord } from '#platform/ports';
import { compareSequences } from './log-position.ts';

/** Kept in memory for all streams together. */
export const MAX_RECENT_EVENTS = 4_096;
export const EVENTS_PER_READ = 500;
/** Between two reads at least, so that a burst takes few; after news the polls begin with it. */
const MIN_POLL_MS = 4;
/** The polls of a quiet topic are this far apart. */
const MAX_POLL_MS = 250;
const FAILED_READ_PAUSE_MS = 500;

export interface TailEvent<Event> {
  /** As `after` it resumes behind this event. */
  readonly sequence: string;
  readonly recordedAtMs: number;
  readonly correlationId: string;
  readonly event: Event;
}

export interface TopicTailOptions<Event> {
  readonly eventLog: Pick<EventLog, 'readAfter' | 'end' | 'onNews'>;
  /** A record that `parse` refuses is logged and passed over: no stream may end by one. */
  readonly eventType: Pick<EventType<Event>, 'topic' | 'parse'>;
  readonly logger: Logger;
  /** Resolves early when the signal is aborted. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Every event after `from` and up to `upTo`. */
interface Window<Event> {
  readonly events: TailEvent<Event>[];
  from: string;
  upTo: string;
}

interface TailRead<Event> {
  /** At most EVENTS_PER_READ. */
  readonly events: readonly TailEvent<Event>[];
  /** The place to read on from. */
  readonly upTo: string;
}

export class TailReader<Event> {
  readonly #options: TopicTailOptions<Event>;
  readonly #waiting = new Set<() => void>();
  /** Undefined while idle, and until the end of the log is known. */
  #window: Window<Event> | undefined;
  #followers = 0;
  #isClosed = false;
  #reading: Promise<void> | undefined;
  #hasNews = false;
  #pollMs = MIN_POLL_MS;
  #resting = new AbortController();

  constructor(options: TopicTailOptions<Event>) {
    this.#options = options;
  }

  get followers(): number {
    return this.#followers;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  attach(): void {
    this.#followers += 1;
    this.#start();
  }

  detach(): void {
    this.#followers -= 1;
    if (this.#followers === 0) this.#resting.abort();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#resting.abort();
    this.#wakeAll();
    await this.#reading;
  }

  /** The next events after `place`, as far as they are known now. */
  async readFrom(place: string, signal: AbortSignal): Promise<TailRead<Event>> {
    const window = this.#window;
    if (window === undefined) return { events: [], upTo: place };
    if (compareSequences(place, window.from) < 0) return this.#readLog(place, signal, window.from);
    // The usual stream is near the end.
    const before = window.events.findLastIndex(
      ({ sequence }) => compareSequences(sequence, place) <= 0,
    );
    const events = window.events.slice(before + 1, before + 1 + EVENTS_PER_READ);
    const last = events.at(-1);
    if (last !== undefined && last !== window.events.at(-1)) return { events, upTo: last.sequence };
    return { events, upTo: compareSequences(window.upTo, place) > 0 ? window.upTo : place };
  }

  /** Resolves when there may be more after `place`, or the signal is aborted. */
  async waitBeyond(place: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isClosed) return;
    if (this.#window !== undefined && compareSequences(this.#window.upTo, place) > 0) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async #readLog(place: string, signal: AbortSignal, until: string): Promise<TailRead<Event>> {
    const { eventLog, eventType, logger, pause } = this.#options;
    try {
      const records = await eventLog.readAfter(eventType.topic, place, EVENTS_PER_READ);
      // Where there is none, there is none before the place where the window began at the asking.
      return { events: this.#eventsOf(records), upTo: records.at(-1)?.sequence ?? until };
    } catch (error) {
      logger.warn({ err: error, topic: eventType.topic }, 'could not read a topic, will try again');
      await pause(FAILED_READ_PAUSE_MS, signal);
      return { events: [], upTo: place };
    }
  }

  #isWanted(): boolean {
    return this.#followers > 0 && !this.#isClosed;
  }

  #start(): void {
    if (!this.#isWanted()) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      // Somebody may have come since the last look.
      this.#start();
    });
  }

  async #read(): Promise<void> {
    const { eventLog, eventType, logger } = this.#options;
    const { topic } = eventType;
    const endNews = eventLog.onNews(topic, () => {
      this.#hasNews = true;
      this.#pollMs = MIN_POLL_MS;
      this.#resting.abort();
    });
    while (this.#isWanted()) {
      this.#hasNews = false;
      try {
        const window = this.#window ?? this.#open(await eventLog.end());
        const records = await eventLog.readAfter(topic, window.upTo, EVENTS_PER_READ);
        this.#take(window, records);
        if (records.length < EVENTS_PER_READ) await this.#rest(this.#pollMs);
      } catch (error) {
        logger.warn({ err: error, topic }, 'could not read the end of a topic, will try again');
        await this.#rest(FAILED_READ_PAUSE_MS);
      }
    }
    endNews();
    this.#window = undefined;
  }

  /** Wakes all: of what came before this end, and after their places, nobody else tells them. */
  #open(end: string): Window<Event> {
    const window = { events: [], from: end, upTo: end };
    this.#window = window;
    this.#wakeAll();
    return window;
  }

  #take(window: Window<Event>, records: readonly LogRecord[]): void {
    const last = records.at(-1);
    if (last === undefined) return;
    window.events.push(...this.#eventsOf(records));
    window.upTo = last.sequence;
    if (window.events.length > MAX_RECENT_EVENTS) {
      const dropped = window.events.splice(0, window.events.length - MAX_RECENT_EVENTS / 2);
      window.from = dropped.at(-1)?.sequence ?? window.from;
    }
    this.#pollMs = MIN_POLL_MS;
    this.#wakeAll();
  }

  #eventsOf(records: readonly LogRecord[]): TailEvent<Event>[] {
    const { eventType, logger } = this.#options;
    return records.flatMap(({ sequence, recordedAtMs, correlationId, payload, version }) => {
      try {
        const event = eventType.parse(payload, version);
        return [{ sequence, recordedAtMs, correlationId, event }];
      } catch (error) {
        const { topic } = eventType;
        logger.error({ err: error, topic, sequence, correlationId }, 'a record cannot be read');
        return [];
      }
    });
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }

  async #rest(ms: number): Promise<void> {
    const { pause } = this.#options;
    await pause(MIN_POLL_MS);
    if (this.#hasNews || !this.#isWanted()) return;
    this.#resting = new AbortController();
    await pause(ms - MIN_POLL_MS, this.#resting.signal);
    if (!this.#hasNews) this.#pollMs = Math.min(this.#pollMs * 2, MAX_POLL_MS);
  }
}
