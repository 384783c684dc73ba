/**
 * The newest events of a durable topic as streams, for subscriptions and for workers that want to
 * know what comes. Every stream has a place of its own in the log: a slow one falls behind and
 * misses nothing, and nobody waits for it.
 */

import { mapStream } from '#platform/graphql/stream';
import { positionOf, sequenceOf } from './log-position.ts';
import { type TailEvent, TailReader, type TopicTailOptions } from './tail-reader.ts';

export interface FollowOptions<Event> {
  /** Null for what is committed once the stream has been answered. */
  readonly after: string | null;
  readonly wants?: (event: Event) => boolean;
}

export type Batch<Event> = readonly TailEvent<Event>[];

export interface TopicTail<Event> {
  /**
   * Events in log order, none left out and none twice, until `return()`, which answers at once, or
   * `close()`. Throws BAD_USER_INPUT on an `after` that is no sequence.
   */
  follow(options: FollowOptions<Event>): Promise<AsyncIterableIterator<TailEvent<Event>>>;
  /**
   * The same, with all that is there when the stream is asked for more, at most EVENTS_PER_READ and
   * never none: for a reader that looks something up for each, once for many.
   */
  followBatches(options: FollowOptions<Event>): Promise<AsyncIterableIterator<Batch<Event>>>;
  /** Streams that are read from now. */
  readonly followers: number;
  /** Ends all streams. */
  close(): Promise<void>;
}

export function createTopicTail<Event>(options: TopicTailOptions<Event>): TopicTail<Event> {
  const reader = new TailReader(options);
  const everything = () => true;

  async function open<Item>(
    { after, wants = everything }: FollowOptions<Event>,
    itemsOf: (batches: AsyncIterable<Batch<Event>>, signal: AbortSignal) => AsyncIterable<Item>,
  ): Promise<AsyncIterableIterator<Item>> {
    const from = after === null ? await options.eventLog.end() : sequenceOf(positionOf(after));
    const leaving = new AbortController();
    const batches = batchesOf(reader, { from, wants, signal: leaving.signal });
    return mapStream(
      itemsOf(batches, leaving.signal),
      (each) => Promise.resolve(each),
      () => {
        leaving.abort();
      },
    );
  }

  return {
    follow: (asked) => open(asked, (batches, signal) => eventsOf(reader, batches, signal)),
    followBatches: (asked) => open(asked, (batches) => batches),
    get followers() {
      return reader.followers;
    },
    close: () => reader.close(),
  };
}

interface Wish<Event> {
  readonly from: string;
  readonly wants: (event: Event) => boolean;
  readonly signal: AbortSignal;
}

async function* batchesOf<Event>(
  reader: TailReader<Event>,
  { from, wants, signal }: Wish<Event>,
): AsyncGenerator<Batch<Event>, void, undefined> {
  let place = from;
  reader.attach();
  try {
    while (!signal.aborted && !reader.isClosed) {
      const { events, upTo } = await reader.readFrom(place, signal);
      const wanted = events.filter(({ event }) => wants(event));
      if (signal.aborted || reader.isClosed) return;
      if (wanted.length > 0) yield wanted;
      if (upTo === place) await reader.waitBeyond(place, signal);
      place = upTo;
    }
  } finally {
    reader.detach();
  }
}

async function* eventsOf<Event>(
  reader: TailReader<Event>,
  batches: AsyncIterable<Batch<Event>>,
  signal: AbortSignal,
): AsyncGenerator<TailEvent<Event>, void, undefined> {
  for await (const batch of batches) {
    for (const each of batch) {
      if (signal.aborted || reader.isClosed) return;
      yield each;
    }
  }
}
