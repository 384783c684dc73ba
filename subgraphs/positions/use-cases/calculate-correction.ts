/** What a replay of a position's history comes to. Runs on a thread of its own. */

import type { BusinessDate } from '#kernel/business-date';
import type { PositionKey } from '../domain/position-key.ts';
import { recalculate } from '../domain/recalculation.ts';
import type { HistoryEvent } from '../domain/timeline.ts';
import { latenessOf } from '../domain/position-event.ts';
import type { HistoryStore } from '../store/history.ts';
import type { Calculation } from './recalculate-position.ts';

export interface CalculationTask {
  readonly key: PositionKey;
  /** Of its contract, today. */
  readonly isLongOnly: boolean;
  /** The first business date that a late event is known to concern. */
  readonly earliest: BusinessDate;
}

export interface CalculateCorrectionDeps {
  readonly history: HistoryStore;
}

export async function calculateCorrection(
  { history }: CalculateCorrectionDeps,
  { key, isLongOnly, earliest }: CalculationTask,
): Promise<Calculation> {
  // A record handed over again finds its work done: that must not cost a replay.
  if ((await history.pendingOf(key)) === 0) return { type: 'NOTHING_LATE' };
  const { from, events } = await history.load(key, { earliest });
  const result = recalculate(events, { isLongOnly }, from);
  switch (result.type) {
    case 'NOTHING_PENDING':
      return { type: 'NOTHING_LATE' };
    case 'RECALCULATED':
      return result;
    case 'REFUSED': {
      if (wasRefusedBefore(events)) return { type: 'REFUSED_BEFORE' };
      const { type, ...refusal } = result;
      return { type, refusal };
    }
  }
}

/** Nothing came in that could change it since the last refusal. */
function wasRefusedBefore(events: readonly HistoryEvent[]): boolean {
  const last = events.findLast(
    ({ event }) => event.type === 'CORRECTION_REFUSED' || latenessOf(event) !== null,
  );
  return last?.event.type === 'CORRECTION_REFUSED';
}
