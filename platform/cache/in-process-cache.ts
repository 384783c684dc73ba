/** Last values inside one process; the least recently used go when it is full. */

import { LRUCache } from 'lru-cache';
import type { Cache, JsonValue } from '#platform/ports';

export const MAX_CACHE_ENTRIES = 100_000;

interface Stored {
  readonly value: JsonValue;
  readonly version: bigint;
}

export function createInProcessCache({ maxEntries = MAX_CACHE_ENTRIES } = {}): Cache {
  const entries = new LRUCache<string, Stored>({ max: maxEntries });
  return {
    getMany: (keys) => Promise.resolve(keys.map((key) => entries.get(key)?.value)),
    setMany(updates) {
      for (const { key, value, version, ttlMs } of updates) {
        const stored = entries.peek(key);
        if (stored && version <= stored.version) continue;
        entries.set(key, { value, version }, ttlMs === undefined ? {} : { ttl: ttlMs });
      }
      return Promise.resolve();
    },
    close() {
      entries.clear();
      return Promise.resolve();
    },
  };
}
