/** Hands published levels to whoever subscribed: the newest per basket, slow readers skip some. */

import type { LevelReading } from '../domain/live-index-reading.ts';
import { latestPerKeyStream } from './latest-per-key-stream.ts';

export interface PublishedLevel extends LevelReading {
  /** Grows per basket, over restarts too; gaps mean nothing. */
  readonly sequence: bigint;
  readonly publishedAtMs: number;
}

export interface LevelHub {
  readonly publish: (level: PublishedLevel) => void;
  /** What was published last of a basket by this process. */
  readonly latest: (basketId: string) => PublishedLevel | undefined;
  /** Starts with the current level of each basket; an unknown code stays silent. */
  subscribe(codes: readonly string[]): AsyncIterableIterator<PublishedLevel>;
}

export function createLevelHub(): LevelHub {
  const latestById = new Map<string, PublishedLevel>();
  const latestByCode = new Map<string, PublishedLevel>();
  const listenersByCode = new Map<string, Set<(level: PublishedLevel) => void>>();

  return {
    publish(level) {
      latestById.set(level.basketId, level);
      latestByCode.set(level.code, level);
      for (const listener of listenersByCode.get(level.code) ?? []) listener(level);
    },

    latest: (basketId) => latestById.get(basketId),

    subscribe(codes) {
      const wanted = new Set(codes);
      const stream = latestPerKeyStream<PublishedLevel>((level) => level.code, {
        onEnd: () => {
          for (const code of wanted) {
            const listeners = listenersByCode.get(code);
            listeners?.delete(stream.push);
            if (listeners?.size === 0) listenersByCode.delete(code);
          }
        },
      });
      for (const code of wanted) {
        const listeners = listenersByCode.get(code) ?? new Set();
        listenersByCode.set(code, listeners.add(stream.push));
        const latest = latestByCode.get(code);
        if (latest) stream.push(latest);
      }
      return stream.items;
    },
  };
}
