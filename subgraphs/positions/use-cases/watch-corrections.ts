/** Corrections of positions as they become durable. */

import type { PositionWasCorrected } from '#kernel/topics/position-corrected';
import type { TailEvent } from '#platform/event-log/tail-reader';
import type { TopicTail } from '#platform/event-log/topic-tail';
import type { PositionFilter } from '../store/positions.ts';
import { matchesPosition } from './watch-changes.ts';

export type Correction = TailEvent<PositionWasCorrected>;

export interface WatchCorrectionsDeps {
  readonly corrections: Pick<TopicTail<PositionWasCorrected>, 'follow'>;
}

/** Those after the sequence `after`, or all that commit once this has resolved. */
export function watchCorrections(
  { corrections }: WatchCorrectionsDeps,
  filter: PositionFilter,
  after: string | null,
): Promise<AsyncIterableIterator<Correction>> {
  return corrections.follow({ after, wants: (corrected) => matchesPosition(filter, corrected) });
}
