/**
 * Keeps compositions in step with the world: finishes rebalances that a crash interrupted, and
 * works announced corporate actions into the live baskets that hold the name, each once, after the
 * close.
 */

import { addDays, utcDateOf } from '#kernel/business-date';
import type { Logger } from '#platform/logger';
import type { BasketReader } from '../store/basket-reader.ts';
import type { CorporateActionStore } from '../store/corporate-actions.ts';
import { type ApplyActionDeps, applyAnnouncedAction } from '../use-cases/apply-announced-action.ts';
import { finishRebalance, type RebalanceDeps } from '../use-cases/carry-out-rebalance.ts';
import { repeat, type Repeating } from './repeating.ts';

export interface LevelActionsDeps extends ApplyActionDeps, RebalanceDeps {
  readonly actions: CorporateActionStore;
  readonly reader: Pick<BasketReader, 'idsInStates' | 'byIds'>;
  readonly logger: Logger;
  /** Takes and restates closes: before the actions, which are for the day after. */
  readonly closes: { round(): Promise<void> };
  readonly everyMs?: number;
}

const USUAL_EVERY_MS = 15_000;
/** The last close with an action may be days before its ex-date: weekends, holidays. */
const LOOK_AHEAD_DAYS = 7;

export async function startLevelActions(deps: LevelActionsDeps): Promise<Repeating> {
  let refused: ReadonlySet<string> = new Set();
  const work = async () => {
    await finishRebalances(deps);
    await deps.closes.round();
    refused = await workInDue(deps, refused);
  };
  const { logger, everyMs = USUAL_EVERY_MS } = deps;
  await finishRebalances(deps);
  return repeat(work, { everyMs, name: 'work in corporate actions', logger });
}

async function finishRebalances(deps: LevelActionsDeps): Promise<void> {
  const baskets = await deps.reader.byIds(await deps.reader.idsInStates(['REBALANCING']));
  for (const { code } of baskets.values()) {
    await finishRebalance(deps, code).catch((error: unknown) => {
      deps.logger.error({ err: error, code }, 'a rebalance was not finished; it is tried again');
    });
  }
}

/**
 * One that fails does not keep the others waiting; in order of ex-date, as the store gives them.
 * Returns the refusals of this round, at most one for each action due: those of the round before
 * were told.
 */
export async function workInDue(
  deps: Omit<LevelActionsDeps, 'reader' | 'closes'>,
  told: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const { actions, clock, logger } = deps;
  const refused = new Set<string>();
  const until = addDays(utcDateOf(clock.nowMs()), LOOK_AHEAD_DAYS);
  for (const due of await actions.due(until)) {
    const { code, action } = due;
    const { actionId } = action;
    try {
      const result = await applyAnnouncedAction(deps, due);
      if (result.outcome === 'APPLIED') logger.info({ code, actionId }, 'worked an action in');
      else if (result.outcome === 'LATER') {
        logger.debug({ code, actionId, why: result.why }, 'an action waits');
      } else {
        const { why } = result;
        const refusal = JSON.stringify([code, actionId, why]);
        refused.add(refusal);
        if (!told.has(refusal)) {
          logger.error({ code, actionId, why }, 'ALARM: an action cannot be worked in');
        }
      }
    } catch (error) {
      logger.error({ err: error, code, actionId }, 'ALARM: an action was not worked in');
    }
  }
  return refused;
}
