/** Where feeds hand over what they have: into the one queue, in order, and not faster than it. */

import { type Backoff, backoffMs, pause } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { SourceTick } from '../domain/tick.ts';
import type { FeedInstrument, FeedSink } from './feed.ts';
import type { TickQueue } from './tick-queue.ts';

const RETRY: Backoff = { firstMs: 100, maxMs: 5_000 };
/** Unreadable messages logged one by one; more are only counted. */
const MAX_LOGGED_UNREADABLE = 20;

export interface FeedSinkDeps {
  readonly queue: TickQueue;
  readonly addInstruments: (instruments: readonly FeedInstrument[]) => Promise<void>;
  /** After the instruments changed. */
  readonly refresh: (symbols: readonly string[]) => void;
  readonly restartSource: (source: string) => Promise<void>;
  readonly countUnreadable: (source: string) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

export function createFeedSink(deps: FeedSinkDeps): FeedSink {
  let logged = 0;

  /** Waits out failures that pass, such as a database that restarts: order beats time. */
  const insist = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    for (let attempt = 1; !deps.signal.aborted; attempt++) {
      try {
        await work();
        return;
      } catch (error) {
        deps.logger.warn({ err: error, attempt }, `${what} failed, trying again`);
        await pause(backoffMs(attempt, RETRY), deps.signal);
      }
    }
  };

  return {
    take: (ticks: readonly SourceTick[]) =>
      insist('handing over ticks', async () => {
        await deps.queue.room();
        await deps.queue.submit(ticks);
      }),

    unreadable(source, reason) {
      deps.countUnreadable(source);
      if (logged++ < MAX_LOGGED_UNREADABLE) deps.logger.warn({ source, reason }, 'unreadable tick');
    },

    addInstruments: (instruments) =>
      insist('adding instruments', async () => {
        await deps.addInstruments(instruments);
        deps.refresh(instruments.map(({ symbol }) => symbol));
      }),

    restarted: (source) => insist('restarting a source', () => deps.restartSource(source)),
  };
}
