/**
 * Live prices for subscribers in this process. One listener on `accepted-ticks` hands each tick to
 * those who asked for its symbol; nobody else is looked at. A subscriber never waits for another:
 * each has a queue of its own, and what happens when it is full is its own choice.
 *
 * A subscription is open from the moment it is made, and ends by `return()`, or by overflow.
 */

import type { AcceptedTick } from '#kernel/topics/accepted-ticks';
import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import { agedTick } from '../domain/stored-tick.ts';

export const MAX_SYMBOLS_PER_SUBSCRIPTION = 1_000;
/** Ticks waiting for one subscriber of every tick; one more ends its stream. */
export const MAX_QUEUED_PER_SUBSCRIBER = 10_000;
export const MIN_WINDOW_MS = 10;
export const MAX_WINDOW_MS = 60_000;

interface Subscriber {
  take(tick: AcceptedTick): void;
}

export type PriceHub = ReturnType<typeof createPriceHub>;

/** Who listens to which symbol, and the newest tick of each. */
export function createPriceHub({ nowMs }: Pick<Clock, 'nowMs'>) {
  const bySymbol = new Map<string, Set<Subscriber>>();
  const newest = new Map<string, AcceptedTick>();

  return {
    take(ticks: readonly AcceptedTick[]): void {
      for (const tick of ticks) {
        newest.set(tick.symbol, tick);
        const subscribers = bySymbol.get(tick.symbol);
        if (subscribers) for (const subscriber of subscribers) subscriber.take(tick);
      }
    },

    /** From before this process heard anything. */
    warm(ticks: readonly AcceptedTick[]): void {
      for (const tick of ticks) if (!newest.has(tick.symbol)) newest.set(tick.symbol, tick);
    },

    /** The last one known; STALE when it has aged since. */
    newest(symbol: string): AcceptedTick | undefined {
      const tick = newest.get(symbol);
      return tick && agedTick(tick, nowMs());
    },

    /** Answers with what ends it. */
    add(symbols: ReadonlySet<string>, subscriber: Subscriber): () => void {
      for (const symbol of symbols) {
        const subscribers = bySymbol.get(symbol) ?? new Set();
        bySymbol.set(symbol, subscribers.add(subscriber));
      }
      return () => {
        for (const symbol of symbols) {
          const subscribers = bySymbol.get(symbol);
          subscribers?.delete(subscriber);
          if (subscribers?.size === 0) bySymbol.delete(symbol);
        }
      };
    },

    subscriptions: (): number =>
      new Set([...bySymbol.values()].flatMap((subscribers) => [...subscribers])).size,
  };
}

/** Every accepted tick of the symbols, in order per symbol, from now on. */
export function priceTicks(
  hub: PriceHub,
  symbols: readonly string[],
  maxQueued = MAX_QUEUED_PER_SUBSCRIBER,
): AsyncIterableIterator<AcceptedTick> {
  const queue: AcceptedTick[] = [];
  return subscription<AcceptedTick>(hub, wantedSymbols(symbols), {
    take(tick, { ready, fail }) {
      if (queue.length < maxQueued) {
        queue.push(tick);
        ready();
        return;
      }
      queue.length = 0;
      fail(
        new PlatformError(
          'RATE_LIMITED',
          `more than ${maxQueued} ticks were waiting for this subscriber: subscribe again, to ` +
            'fewer symbols or to latestPrices',
          { details: { limit: 'MAX_QUEUED_PER_SUBSCRIBER' } },
        ),
      );
    },
    next: () => queue.shift(),
  });
}

/** The newest tick of each symbol that moved, once per window; starts with the last known. */
export function latestPrices(
  hub: PriceHub,
  { symbols, windowMs }: { readonly symbols: readonly string[]; readonly windowMs: number },
): AsyncIterableIterator<readonly AcceptedTick[]> {
  if (windowMs < MIN_WINDOW_MS || windowMs > MAX_WINDOW_MS) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `windowMs: expected ${MIN_WINDOW_MS} to ${MAX_WINDOW_MS}, was ${windowMs}`,
    );
  }
  const wanted = wantedSymbols(symbols);
  const moved = new Map<string, AcceptedTick>();
  let timer: NodeJS.Timeout | undefined;
  return subscription<readonly AcceptedTick[]>(hub, wanted, {
    opened({ ready }) {
      for (const symbol of wanted) {
        const known = hub.newest(symbol);
        if (known) moved.set(symbol, known);
      }
      if (moved.size > 0) ready();
    },
    take(tick, { ready }) {
      moved.set(tick.symbol, tick);
      timer ??= setTimeout(() => {
        timer = undefined;
        ready();
      }, windowMs);
    },
    next() {
      if (moved.size === 0 || timer !== undefined) return undefined;
      const ticks = [...moved.values()];
      moved.clear();
      return ticks;
    },
    closed: () => clearTimeout(timer),
  });
}

function wantedSymbols(symbols: readonly string[]): ReadonlySet<string> {
  if (symbols.length < 1 || symbols.length > MAX_SYMBOLS_PER_SUBSCRIPTION) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `symbols: expected 1 to ${MAX_SYMBOLS_PER_SUBSCRIPTION}, was ${symbols.length}`,
      { details: { limit: 'MAX_SYMBOLS_PER_SUBSCRIPTION' } },
    );
  }
  return new Set(symbols.map((symbol) => symbol.toUpperCase()));
}

interface Controls {
  /** Something may be there for `next`. */
  readonly ready: () => void;
  /** Ends the stream with an error, once what was queued is gone. */
  readonly fail: (error: Error) => void;
}

interface Source<T> {
  opened?(controls: Controls): void;
  take(tick: AcceptedTick, controls: Controls): void;
  /** What is there; undefined for nothing yet. */
  next(): T | undefined;
  closed?(): void;
}

/** The async iterator over a source; takes several `next()` at once, and `return()` any time. */
function subscription<T>(
  hub: PriceHub,
  symbols: ReadonlySet<string>,
  source: Source<T>,
): AsyncIterableIterator<T> {
  const readers: { resolve(result: IteratorResult<T>): void; reject(error: Error): void }[] = [];
  let failure: Error | undefined;
  let isClosed = false;

  const ready = (): void => {
    while (readers.length > 0) {
      const value = source.next();
      if (value === undefined) return;
      readers.shift()?.resolve({ done: false, value });
    }
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    remove();
    source.closed?.();
    for (const reader of readers.splice(0)) reader.resolve({ done: true, value: undefined });
  };
  const fail = (error: Error): void => {
    const reader = readers.shift();
    if (reader) reader.reject(error);
    else failure = error;
    close();
  };
  const controls: Controls = { ready, fail };
  const remove = hub.add(symbols, { take: (tick) => source.take(tick, controls) });
  source.opened?.(controls);

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (failure !== undefined) {
        const error = failure;
        failure = undefined;
        return Promise.reject(error);
      }
      if (isClosed) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve, reject) => {
        readers.push({ resolve, reject });
        ready();
      });
    },
    return() {
      close();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
