/** Changes of positions as they become durable. */

import { currencyCode } from '#kernel/money';
import type { PositionChange } from '#kernel/topics/position-changed';
import type { PositionFields } from '#kernel/topics/position-fields';
import type { TailEvent } from '#platform/event-log/tail-reader';
import type { TopicTail } from '#platform/event-log/topic-tail';
import { mapStream } from '#platform/graphql/stream';
import type { PositionKey } from '../domain/position-key.ts';
import type { RecordedEvent } from '../store/event-codec.ts';
import type { PositionFilter, PositionRepository } from '../store/positions.ts';

/** A sale out of 10,000 lots has as many allocations, and one stream holds so many events. */
export const MAX_EVENTS_AHEAD = 50;

export interface Change extends TailEvent<PositionChange> {
  /** The event as it is stored; read together with those of the changes that wait behind it. */
  readonly recorded: () => Promise<RecordedEvent | undefined>;
}

export interface WatchChangesDeps {
  readonly changes: Pick<TopicTail<PositionChange>, 'followBatches'>;
  readonly positions: Pick<PositionRepository, 'eventsOf'>;
}

/** Those after the sequence `after`, or all that commit once this has resolved. */
export async function watchChanges(
  { changes, positions }: WatchChangesDeps,
  filter: PositionFilter,
  after: string | null,
): Promise<AsyncIterableIterator<Change>> {
  const wants = (applied: PositionChange) => matchesPosition(filter, applied);
  const batches = await changes.followBatches({ after, wants });
  // A generator would answer `return()` with the next batch only.
  return mapStream(
    changesOf(batches, positions),
    (change) => Promise.resolve(change),
    () => {
      batches.return?.().catch(() => undefined);
    },
  );
}

async function* changesOf(
  batches: AsyncIterable<readonly TailEvent<PositionChange>[]>,
  positions: WatchChangesDeps['positions'],
): AsyncGenerator<Change, void, undefined> {
  for await (const batch of batches) {
    for (let from = 0; from < batch.length; from += MAX_EVENTS_AHEAD) {
      const ahead = batch.slice(from, from + MAX_EVENTS_AHEAD);
      const recorded = readOnce(() => positions.eventsOf(ahead.map(placeOf)));
      for (const [index, change] of ahead.entries()) {
        yield { ...change, recorded: async () => (await recorded())[index] };
      }
    }
  }
}

function placeOf({ event }: TailEvent<PositionChange>) {
  return { key: keyOfChange({ event }), version: event.eventVersion };
}

export function keyOfChange({ event }: { readonly event: PositionFields }): PositionKey {
  const { positionKey, bookId, accountId, contractId, instrumentId, symbol } = event;
  return {
    text: positionKey,
    bookId,
    accountId,
    contractId,
    instrumentId,
    symbol,
    currency: currencyCode(event.currency),
    lane: 'NET',
  };
}

/** A read that failed is done again for the next who asks. */
function readOnce<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined;
  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}

/** What a filter looks at, in whatever is told of a position. */
type Described = Pick<
  PositionChange,
  'bookId' | 'accountId' | 'symbol' | 'contractId' | 'reconciliationStatus'
>;

export function matchesPosition(filter: PositionFilter, told: Described): boolean {
  const is = (wanted: string | null | undefined, found: string | null): boolean =>
    wanted === null || wanted === undefined || wanted.toUpperCase() === found;
  return (
    is(filter.bookId, told.bookId) &&
    is(filter.accountId, told.accountId) &&
    is(filter.symbol, told.symbol) &&
    is(filter.contractId, told.contractId) &&
    is(filter.status, told.reconciliationStatus)
  );
}
