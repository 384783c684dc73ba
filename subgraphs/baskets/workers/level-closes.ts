/**
 * Looks after closes: takes the level of every live basket at the close of a day, and restates past
 * ones when somebody corrected a price they were made of. Subscribers hear of it by a topic.
 */

import { addDays, type BusinessDate, utcDateOf } from '#kernel/business-date';
import type { Logger } from '#platform/logger';
import type { IndexCalendar } from '../domain/basket-command.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { DailyLevelRepository } from '../store/restatements.ts';
import { type CloseDayDeps, closeIndexDay } from '../use-cases/close-index-day.ts';
import { type RestateDeps, restateLevels } from '../use-cases/restate-levels.ts';

export interface LevelClosesDeps extends CloseDayDeps, Pick<RestateDeps, 'actions'> {
  readonly reader: Pick<BasketReader, 'idsInStates' | 'byIds'>;
  readonly daily: DailyLevelRepository;
  readonly valuations: CloseDayDeps['valuations'] & RestateDeps['valuations'];
  readonly logger: Logger;
}

const LIVE_STATES = ['ACTIVE', 'SUSPENDED', 'DELISTING'] as const;
/** Corrections made while the platform was down. */
const LOOK_BACK_MS = 7 * 86_400_000;
/** A statement may become visible so long after it was recorded. */
const OVERLAP_MS = 60_000;
const MAX_DAYS_BACK = 14;

/** The last day of the index that has closed. */
export function lastClosedDay(nowMs: number, calendar: IndexCalendar): BusinessDate | undefined {
  const today = utcDateOf(nowMs);
  for (let back = 0; back <= MAX_DAYS_BACK; back += 1) {
    const day = addDays(today, -back);
    if (calendar.isIndexDay(day) && calendar.closesAtMs(day) <= nowMs) return day;
  }
  return undefined;
}

/** One round after the other; remembers what it has done, so that an idle round costs two reads. */
export function createLevelCloses(deps: LevelClosesDeps): { round(): Promise<void> } {
  /** The last day closed per code. */
  const closed = new Map<string, BusinessDate>();
  let seenUntilMs = deps.clock.nowMs() - LOOK_BACK_MS;

  const closeDays = async (codes: readonly string[]) => {
    const date = lastClosedDay(deps.clock.nowMs(), deps.calendar);
    if (date === undefined) return;
    for (const code of codes) {
      if (closed.get(code) === date) continue;
      const result = await closeIndexDay(deps, { code, date });
      if (result !== 'CLOSES_MISSING') closed.set(code, date);
    }
  };

  const restateCorrected = async (
    baskets: ReadonlyMap<string, { readonly code: string }>,
  ): Promise<void> => {
    const nowMs = deps.clock.nowMs();
    const { firstDate, symbols } = await deps.daily.correctedSince(seenUntilMs);
    if (firstDate !== null) {
      for (const [basketId, { code }] of baskets) {
        for (const each of await restateLevels(deps, { basketId, from: firstDate, symbols })) {
          deps.logger.warn({ code, ...each }, 'a past close was restated');
        }
      }
    }
    seenUntilMs = nowMs - OVERLAP_MS;
  };

  return {
    async round() {
      const baskets = await deps.reader.byIds(await deps.reader.idsInStates([...LIVE_STATES]));
      await closeDays([...baskets.values()].map(({ code }) => code));
      await restateCorrected(baskets);
    },
  };
}
