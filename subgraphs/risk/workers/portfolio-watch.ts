/**
 * Tells watchers when a price or a position of theirs changed. One listener per process on each
 * source, whatever the number of watchers.
 *
 * A watcher is idle until something it holds changes; then it is due, and runs after the pause;
 * what changes meanwhile makes it due once more. Leaving ends it at once.
 */

import { ACCEPTED_TICKS_CHANNEL } from '#kernel/topics/accepted-ticks';
import { POSITION_CORRECTED_TOPIC } from '#kernel/topics/position-corrected';
import { TRADE_APPLIED_TOPIC } from '#kernel/topics/trade-applied';
import { pause } from '#platform/backoff';
import { PlatformError } from '#platform/errors';
import type { Broadcast, EventLog } from '#platform/ports';

/** Shortest time between two answers to one watcher. */
const PAUSE_MS = 250;
/** What changes a position: a correction does not come with a trade. */
const POSITION_TOPICS = [TRADE_APPLIED_TOPIC, POSITION_CORRECTED_TOPIC];
/** Watchers beyond this are refused. */
export const MAX_WATCHERS = 10_000;

interface Watcher {
  symbols: ReadonlySet<string>;
  readonly followsPositions: boolean;
  isDue: boolean;
  wake: () => void;
}

export interface PortfolioWatch {
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Yields the answer of `work` now and after every change. `work` also says which symbols matter
   * from then on.
   */
  watch<T>(
    options: { readonly followsPositions: boolean; readonly signal: AbortSignal },
    work: () => Promise<{ readonly result: T; readonly symbols: readonly string[] }>,
  ): AsyncIterableIterator<T>;
}

export function createPortfolioWatch(deps: {
  readonly broadcast: Pick<Broadcast, 'subscribe'>;
  readonly eventLog: Pick<EventLog, 'onNews'>;
}): PortfolioWatch {
  const watchers = new Set<Watcher>();
  let stopListening = (): Promise<void> => Promise.resolve();

  const wakeAll = (concerns: (watcher: Watcher) => boolean): void => {
    for (const watcher of watchers) {
      if (watcher.isDue || !concerns(watcher)) continue;
      watcher.isDue = true;
      watcher.wake();
    }
  };

  return {
    start: async () => {
      const ticks = await deps.broadcast.subscribe(ACCEPTED_TICKS_CHANNEL, (messages) => {
        if (watchers.size === 0) return;
        wakeAll(({ symbols }) => messages.some(({ key }) => symbols.has(key)));
      });
      // News are enough: they come with the commit, and what they tell of is read from the view.
      const endings = POSITION_TOPICS.map((topic) =>
        deps.eventLog.onNews(topic, () => wakeAll(({ followsPositions }) => followsPositions)),
      );
      stopListening = async () => {
        for (const endNews of endings) endNews();
        await ticks.close();
      };
    },
    stop: async () => {
      await stopListening();
      for (const watcher of watchers) watcher.wake();
    },
    watch: ({ followsPositions, signal }, work) => {
      const leaving = new AbortController();
      const until = AbortSignal.any([signal, leaving.signal]);
      const answers = watching(watchers, { followsPositions, signal: until }, work);
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        next: () => answers.next(),
        // A generator's own return waits for the change it is waiting for; leaving must not.
        return: () => {
          leaving.abort();
          return answers.return();
        },
      };
    },
  };
}

async function* watching<T>(
  watchers: Set<Watcher>,
  options: { readonly followsPositions: boolean; readonly signal: AbortSignal },
  work: () => Promise<{ readonly result: T; readonly symbols: readonly string[] }>,
): AsyncGenerator<T, void, undefined> {
  const { followsPositions, signal } = options;
  if (watchers.size >= MAX_WATCHERS) {
    throw new PlatformError('RATE_LIMITED', `at most ${MAX_WATCHERS} portfolios are watched`, {
      details: { limit: 'MAX_WATCHERS' },
    });
  }
  const watcher: Watcher = {
    symbols: new Set(),
    followsPositions,
    isDue: true,
    wake: () => undefined,
  };
  const onAbort = (): void => watcher.wake();
  signal.addEventListener('abort', onAbort);
  watchers.add(watcher);
  try {
    while (!signal.aborted) {
      watcher.isDue = false;
      const { result, symbols } = await work();
      watcher.symbols = new Set(symbols);
      yield result;
      await pause(PAUSE_MS, signal);
      if (!watcher.isDue && !signal.aborted) {
        await new Promise<void>((resolve) => {
          watcher.wake = resolve;
        });
      }
    }
  } finally {
    watchers.delete(watcher);
    signal.removeEventListener('abort', onAbort);
  }
}
