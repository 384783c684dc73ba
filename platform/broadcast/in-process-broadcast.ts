/** Channels inside one process: listeners run before `publish` returns, values go by reference. */

import type { Logger } from '#platform/logger';
import type { Broadcast, BroadcastMessage } from '#platform/ports';

export type BroadcastListener = (messages: readonly BroadcastMessage[]) => void;

export function createInProcessBroadcast({ logger }: { logger: Logger }): Broadcast {
  const channels = new BroadcastChannels(logger);
  return {
    publish(channel, messages) {
      channels.dispatch(channel, messages);
      return Promise.resolve();
    },
    subscribe(channel, listener) {
      const remove = channels.add(channel, listener);
      return Promise.resolve({
        close: () => {
          remove();
          return Promise.resolve();
        },
      });
    },
    close() {
      channels.clear();
      return Promise.resolve();
    },
  };
}

/** Who listens to what in this process. */
export class BroadcastChannels {
  readonly #logger: Logger;
  /** Wrapped, so that the same function may listen twice. */
  readonly #listeners = new Map<string, Set<{ readonly listen: BroadcastListener }>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  names(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  has(channel: string): boolean {
    return this.#listeners.has(channel);
  }

  add(channel: string, listen: BroadcastListener): () => void {
    const entry = { listen };
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) {
        this.#listeners.delete(channel);
      }
    };
  }

  dispatch(channel: string, messages: readonly BroadcastMessage[]): void {
    for (const { listen } of this.#listeners.get(channel) ?? []) {
      try {
        listen(messages);
      } catch (error) {
        this.#logger.error({ err: error, channel }, 'a broadcast listener failed');
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
