/** Ingestion put together: feed, queue, rules, publisher and store, and its life cycle. */

import type { Registry } from 'prom-client';
import type { Clock } from '#platform/clock';
import type { Config } from '#platform/config';
import type { Logger } from '#platform/logger';
import type { Broadcast, Cache } from '#platform/ports';
import type { SourceTick } from '../domain/tick.ts';
import type { TickInstrumentRepository } from '../store/tick-instruments.ts';
import type { TickPastRepository } from '../store/tick-past.ts';
import type { TickRepository } from '../store/tick-repository.ts';
import { type IngestResult, ingestTicks } from '../use-cases/ingest-ticks.ts';
import { createTickBook, type TickPast } from '../use-cases/tick-book.ts';
import type { FeedInstrument, FeedStatus } from './feed.ts';
import { createFeed } from './feed-choice.ts';
import { createFeedSink } from './feed-sink.ts';
import { createTickMetrics } from './tick-metrics.ts';
import { monthsToPrepare } from './tick-past.ts';
import { createTickPublisher } from './tick-publisher.ts';
import { createTickQueue } from './tick-queue.ts';
import { createTickWriter } from './tick-writer.ts';

/** Closes and currencies are looked up again this often; partitions made ahead, too. */
const REFRESH_MS = 60_000;

export interface IngestionDeps {
  readonly ticks: TickRepository;
  readonly past: TickPastRepository;
  readonly instruments: TickInstrumentRepository;
  /** Adds those whose symbol is new. */
  readonly addInstruments: (instruments: readonly FeedInstrument[]) => Promise<void>;
  readonly broadcast: Broadcast;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly config: Pick<Config, 'feed'>;
}

export type Ingestion = ReturnType<typeof buildIngestion>;

export function buildIngestion(
  deps: IngestionDeps,
  { past, subscriptions }: { readonly past: TickPast; readonly subscriptions: () => number },
) {
  const { clock, logger } = deps;
  const metrics = createTickMetrics(deps.metrics);
  const { queue, writer, publisher, book } = buildPipeline(deps, { past, metrics });
  const stopping = new AbortController();
  const sink = createFeedSink({
    queue,
    addInstruments: deps.addInstruments,
    refresh: book.refresh,
    restartSource: async (source) => {
      await queue.idle();
      await writer.committed();
      book.restartSource(source);
      await deps.past.forgetSource(source);
    },
    countUnreadable: metrics.unreadable,
    signal: stopping.signal,
    logger,
  });
  const feed = createFeed(deps.config.feed, {
    clock,
    logger,
    instruments: deps.instruments.withClose,
    isPricedByMarket: (symbol) => book.entry(symbol)?.state.hasMarketPrints ?? false,
  });
  const feeds = (): readonly FeedStatus[] => (feed ? [feed.status()] : []);
  const { queuedTicks } = queue;
  metrics.watch({ queuedTicks, unwrittenRows: writer.unwrittenRows, subscriptions, feeds });
  let timer: NodeJS.Timeout | undefined;

  return {
    /** Resolves when the accepted and the held ones are committed. */
    async ingest(ticks: readonly SourceTick[]): Promise<IngestResult> {
      const result = await queue.submit(ticks);
      await Promise.all([writer.committed(), publisher.cached()]);
      return result;
    },
    refresh: book.refresh,
    feeds,
    async start(): Promise<void> {
      await deps.ticks.ensureMonths(monthsToPrepare(clock.today()));
      timer = setInterval(() => {
        book.refresh();
        void prepareMonths(deps);
      }, REFRESH_MS);
      writer.start();
      await feed?.start(sink);
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      stopping.abort();
      await feed?.stop();
      await queue.idle();
      await writer.stop();
      await publisher.cached();
    },
  };
}

/** What a tick goes through, from the queue to the store. */
function buildPipeline(
  deps: IngestionDeps,
  given: { readonly past: TickPast; readonly metrics: ReturnType<typeof createTickMetrics> },
) {
  const { broadcast, cache, clock, instruments, logger, newId } = deps;
  const { observer, unpublished, writer: writerObserver } = given.metrics;
  const writer = createTickWriter({
    write: deps.ticks.write,
    nowMs: () => clock.nowMs(),
    logger,
    observer: writerObserver,
  });
  const publisher = createTickPublisher({ broadcast, cache, logger, onDropped: unpublished });
  const book = createTickBook(
    (symbols) => instruments.bySymbols(symbols, clock.today()),
    given.past,
  );
  const { publish } = publisher;
  const ingest = { book, publish, store: writer, clock, newId, observer };
  const queue = createTickQueue((ticks) => ingestTicks(ingest, ticks));
  return { queue, writer, publisher, book };
}

async function prepareMonths({ ticks, clock, logger }: IngestionDeps): Promise<void> {
  try {
    await ticks.ensureMonths(monthsToPrepare(clock.today()));
  } catch (error) {
    logger.warn({ err: error }, 'the next partition of ticks could not be made');
  }
}
