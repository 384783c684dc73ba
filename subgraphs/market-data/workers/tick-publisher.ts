/**
 * Publishes accepted ticks to everybody: the channel `accepted-ticks`, and the cache of last
 * values. Neither may slow ingestion down: batches that the channel does not take in time are
 * dropped and counted, and the cache gets the newest value per symbol, one write at a time.
 */

import { ACCEPTED_TICKS_CHANNEL, acceptedTick, lastPriceKey } from '#kernel/topics/accepted-ticks';
import type { Logger } from '#platform/logger';
import type { Broadcast, BroadcastMessage, Cache, CacheEntry } from '#platform/ports';
import { publishedTick, type StoredTick } from '../domain/stored-tick.ts';

/** Batches handed to the channel and not taken yet. */
export const MAX_BATCHES_IN_FLIGHT = 64;

export interface TickPublisherDeps {
  readonly broadcast: Broadcast;
  readonly cache: Cache;
  readonly logger: Logger;
  readonly onDropped: (ticks: number) => void;
}

export type TickPublisher = ReturnType<typeof createTickPublisher>;

export function createTickPublisher({ broadcast, cache, logger, onDropped }: TickPublisherDeps) {
  let inFlight = 0;
  let dirty = new Map<string, CacheEntry>();
  let caching: Promise<void> | undefined;

  const broadcastAll = async (messages: readonly BroadcastMessage[]): Promise<void> => {
    inFlight++;
    try {
      await broadcast.publish(ACCEPTED_TICKS_CHANNEL, messages);
    } catch (error) {
      onDropped(messages.length);
      logger.warn({ err: error }, 'ticks could not be published');
    } finally {
      inFlight--;
    }
  };

  const cacheAll = async (): Promise<void> => {
    while (dirty.size > 0) {
      const entries = [...dirty.values()];
      dirty = new Map();
      try {
        await cache.setMany(entries);
      } catch (error) {
        logger.warn({ err: error }, 'last prices could not be cached');
      }
    }
    caching = undefined;
  };

  return {
    publish(ticks: readonly StoredTick[]): void {
      const messages: BroadcastMessage[] = [];
      for (const tick of ticks) {
        const { symbol } = tick.tick;
        const value = acceptedTick.encode(publishedTick(tick));
        messages.push({ key: symbol, value });
        dirty.set(symbol, { key: lastPriceKey(symbol), value, version: tick.sequence });
      }
      if (inFlight < MAX_BATCHES_IN_FLIGHT) void broadcastAll(messages);
      else onDropped(messages.length);
      caching ??= cacheAll();
    },

    /** Resolves when the cache holds what was published so far. */
    async cached(): Promise<void> {
      await caching;
    },
  };
}
