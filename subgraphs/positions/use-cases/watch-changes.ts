/** Changes of positions as they become durable. */

import type { TradeAppliedToPosition } from '#kernel/topics/trade-applied';
import type { TailEvent } from '#platform/event-log/tail-reader';
import type { TopicTail } from '#platform/event-log/topic-tail';
import type { PositionFilter } from '../store/positions.ts';

export type Change = TailEvent<TradeAppliedToPosition>;

export interface WatchChangesDeps {
  readonly changes: Pick<TopicTail<TradeAppliedToPosition>, 'follow'>;
}

/** Those after the sequence `after`, or all that commit once this has resolved. */
export function watchChanges(
  { changes }: WatchChangesDeps,
  filter: PositionFilter,
  after: string | null,
): Promise<AsyncIterableIterator<Change>> {
  return changes.follow({ after, wants: (applied) => matches(filter, applied) });
}

/** None are made yet: silent, and open until it is given up. */
export function watchCorrections(
  { changes }: WatchChangesDeps,
  after: string | null,
): Promise<AsyncIterableIterator<Change>> {
  return changes.follow({ after, wants: () => false });
}

function matches(filter: PositionFilter, applied: TradeAppliedToPosition): boolean {
  const is = (wanted: string | null | undefined, found: string | null): boolean =>
    wanted === null || wanted === undefined || wanted.toUpperCase() === found;
  return (
    is(filter.bookId, applied.bookId) &&
    is(filter.accountId, applied.accountId) &&
    is(filter.symbol, applied.symbol) &&
    is(filter.contractId, applied.contractId) &&
    is(filter.status, applied.reconciliationStatus)
  );
}
