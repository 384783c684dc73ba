/** Changes of positions as they become durable. */

import type { PositionChange } from '#kernel/topics/position-changed';
import type { TailEvent } from '#platform/event-log/tail-reader';
import type { TopicTail } from '#platform/event-log/topic-tail';
import type { PositionFilter } from '../store/positions.ts';

export type Change = TailEvent<PositionChange>;

export interface WatchChangesDeps {
  readonly changes: Pick<TopicTail<PositionChange>, 'follow'>;
}

/** Those after the sequence `after`, or all that commit once this has resolved. */
export function watchChanges(
  { changes }: WatchChangesDeps,
  filter: PositionFilter,
  after: string | null,
): Promise<AsyncIterableIterator<Change>> {
  return changes.follow({ after, wants: (applied) => matchesPosition(filter, applied) });
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
