/**
 * The live half of market data: feeds, validation, last values, tick store and subscriptions, put
 * together. Subscriptions work from the moment it is built; ingestion from `start` on.
 *
 * What `ingest` has answered for is committed. Feeds do not wait for the commit: after a kill their
 * last ticks may have been published without being stored, and sequences go on above them.
 */

import {
  ACCEPTED_TICKS_CHANNEL,
  type AcceptedTick,
  acceptedTick,
} from '#kernel/topics/accepted-ticks';
import { PlatformError } from '#platform/errors';
import type { Cache, Closeable } from '#platform/ports';
import type { SourceTick } from '../domain/tick.ts';
import type { TickPastRepository } from '../store/tick-past.ts';
import type { IngestResult } from '../use-cases/ingest-ticks.ts';
import {
  createPriceHub,
  latestPrices,
  type PriceHub,
  priceTicks,
} from '../use-cases/latest-prices.ts';
import type { FeedStatus } from './feed.ts';
import { buildIngestion, type Ingestion, type IngestionDeps } from './ingestion.ts';
import { readTickPast } from './tick-past.ts';

export interface LiveMarketDataDeps extends IngestionDeps {
  readonly past: TickPastRepository;
  readonly cache: Cache;
}

export type LiveMarketData = ReturnType<typeof createLiveMarketData>;

export function createLiveMarketData(deps: LiveMarketDataDeps) {
  const hub = createPriceHub({ nowMs: () => deps.clock.nowMs() });
  let listening: Closeable | undefined;
  let running: Ingestion | undefined;

  return {
    /** Resolves when the accepted and the held ones are committed. */
    async ingest(ticks: readonly SourceTick[]): Promise<IngestResult> {
      if (running === undefined) {
        throw new PlatformError('UPSTREAM_UNAVAILABLE', 'ticks are not taken by this process');
      }
      return running.ingest(ticks);
    },

    /** The last accepted tick; undefined before the first. */
    newest: (symbol: string): AcceptedTick | undefined => hub.newest(symbol),

    priceTicks: (symbols: readonly string[]) => priceTicks(hub, symbols),

    latestPrices: (wish: { readonly symbols: readonly string[]; readonly windowMs: number }) =>
      latestPrices(hub, wish),

    /** To be called when instruments or closes changed; all when left out. */
    refreshInstruments: (symbols?: readonly string[]): void => running?.refresh(symbols),

    feeds: (): readonly FeedStatus[] => running?.feeds() ?? [],

    /** Resolves when ticks are taken and the feed has begun. */
    async start(): Promise<void> {
      if (running !== undefined) return;
      listening = await listen(deps, hub);
      const past = await readTickPast({ ...deps, warm: hub.warm });
      running = buildIngestion(deps, { past, subscriptions: hub.subscriptions });
      await running.start();
    },

    /** Stops the feed, then stores what is left. */
    async stop(): Promise<void> {
      const stopped = running;
      running = undefined;
      await stopped?.stop();
      await listening?.close();
      listening = undefined;
    },
  };
}

/** The only listener of this process; it hands on to the subscriptions. */
function listen({ broadcast, logger }: LiveMarketDataDeps, hub: PriceHub): Promise<Closeable> {
  return broadcast.subscribe(ACCEPTED_TICKS_CHANNEL, (messages) => {
    const ticks: AcceptedTick[] = [];
    for (const { value } of messages) {
      try {
        ticks.push(acceptedTick.parse(value, acceptedTick.version));
      } catch (error) {
        logger.error({ err: error }, 'a published tick is not readable');
      }
    }
    hub.take(ticks);
  });
}
