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

export interface TopicTail<Event> {
  /**
   * Events in log order, none left out and none twice, until `return()`, which answers at once, or
   * `close()`. Throws BAD_USER_INPUT on an `after` that is no sequence.
   */
  follow(options: FollowOptions<Event>): Promise<AsyncIterableIterator<TailEvent<Event>>>;
  /** Streams that are read from now. */
  readonly followers: number;
  /** Ends all streams. */
  close(): Promise<void>;
}

export function createTopicTail<Event>(options: TopicTailOptions<Event>): TopicTail<Event> {
  const reader = new TailReader(options);
  const everything = () => true;

  return {
    async follow({ after, wants = everything }) {
      const from = after === null ? await options.eventLog.end() : sequenceOf(positionOf(after));
      const leaving = new AbortController();
      const events = eventsOf(reader, { from, wants, signal: leaving.signal });
      return mapStream(
        events,
        (each) => Promise.resolve(each),
        () => {
          leaving.abort();
        },
      );
    },
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

async function* eventsOf<Event>(
  reader: TailReader<Event>,
  { from, wants, signal }: Wish<Event>,
): AsyncGenerator<TailEvent<Event>, void, undefined> {
  let place = from;
  reader.attach();
  try {
    while (!signal.aborted && !reader.isClosed) {
      const { events, upTo } = await reader.readFrom(place, signal);
      for (const each of events) {
        if (signal.aborted || reader.isClosed) return;
        if (wants(each.event)) yield each;
      }
      if (upTo === place) await reader.waitBeyond(place, signal);
      place = upTo;
    }
  } finally {
    reader.detach();
  }
}
