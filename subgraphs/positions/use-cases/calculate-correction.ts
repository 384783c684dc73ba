/** What a replay of a position's history comes to. Runs on a thread of its own. */

import type { BusinessDate } from '#kernel/business-date';
import type { PositionKey } from '../domain/position-key.ts';
import { recalculate } from '../domain/recalculation.ts';
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
  const { from, events } = await history.load(key, { earliest, withShorts: isLongOnly });
  const result = recalculate(events, { isLongOnly }, from);
  switch (result.type) {
    case 'NOTHING_PENDING':
      return { type: 'NOTHING_LATE' };
    case 'RECALCULATED':
      return result;
    case 'REFUSED': {
      const { type, isNoted, ...refusal } = result;
      return isNoted ? { type: 'REFUSED_BEFORE' } : { type, refusal };
    }
  }
}
