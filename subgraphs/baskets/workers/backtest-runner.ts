/**
 * Runs the backtests that wait in the database, a few at once, on threads of their own.
 *
 * Waiting: QUEUED, or RUNNING by a runner that has fallen silent. Taken by one runner, which says
 * that it lives several times a second and so hears when the basket has cancelled the backtest or
 * run out of patience: then the thread stops at its next look. A runner that stops gives back what
 * it had in hand; one that is killed falls silent. What fails for an outage comes again until the
 * timer of the basket ends it; what fails for itself is told to the basket.
 */

import { BASKET_TRANSITIONS_TOPIC } from '#kernel/topics/basket-transitions';
import { pause } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import { isOutage } from '#platform/outage';
import type { EventLog } from '#platform/ports';
import type { BacktestRepository, ClaimedBacktest } from '../store/backtests.ts';
import { askToStop, createProgress, fractionOf } from '../use-cases/backtest-progress.ts';
import { fail, runBacktest, type RunBacktestDeps } from '../use-cases/run-backtest.ts';
import type { BacktestHub } from './backtest-hub.ts';
import { BACKTEST_THREADS } from './backtest-limits.ts';
import { oneAtATime, repeat } from './repeating.ts';

export interface BacktestRunnerDeps extends RunBacktestDeps {
  readonly backtests: RunBacktestDeps['backtests'] &
    Pick<BacktestRepository, 'claim' | 'beat' | 'release'>;
  readonly backtestHub: Pick<BacktestHub, 'changed'>;
  readonly eventLog: Pick<EventLog, 'onNews'>;
  readonly logger: Logger;
}

export interface BacktestRunner {
  readonly running: number;
  stop(): Promise<void>;
}

const HEARTBEAT_EVERY_MS = 200;
const LOOK_EVERY_MS = 1_000;
/** Before a backtest that met an outage is tried again. */
const OUTAGE_PAUSE_MS = 1_000;
/** A thread looks every 64 sessions whether to stop; one that does not is ended. */
const STOP_GRACE_MS = 500;

export function startBacktestRunner(deps: BacktestRunnerDeps): BacktestRunner {
  const { backtests, eventLog, logger } = deps;
  const runner = deps.newId();
  const stopping = new AbortController();
  const atWork = new Set<Promise<void>>();

  const fill = oneAtATime(
    'taking backtests in hand',
    async () => {
      while (!stopping.signal.aborted && atWork.size < BACKTEST_THREADS) {
        const claimed = await backtests.claim(runner);
        if (claimed === undefined) return;
        const work = runOne(deps, claimed, { runner, stopping: stopping.signal }).finally(() => {
          atWork.delete(work);
          void fill.ask();
        });
        atWork.add(work);
      }
    },
    logger,
  );
  const ignoreNews = eventLog.onNews(BASKET_TRANSITIONS_TOPIC, () => void fill.ask());
  const looking = repeat(() => fill.ask(), {
    everyMs: LOOK_EVERY_MS,
    name: 'looking for backtests',
    logger,
  });
  void fill.ask();

  return {
    get running() {
      return atWork.size;
    },
    async stop() {
      stopping.abort(new Error('the runner stops'));
      ignoreNews();
      await looking.stop();
      await fill.settled();
      await Promise.all(atWork);
    },
  };
}

interface Hands {
  readonly runner: string;
  readonly stopping: AbortSignal;
}

/** Never rejects. */
async function runOne(
  deps: BacktestRunnerDeps,
  claimed: ClaimedBacktest,
  { runner, stopping }: Hands,
): Promise<void> {
  const { backtests, backtestHub, logger } = deps;
  const { backtestId } = claimed.job;
  const ending = new AbortController();
  const killing = new AbortController();
  const progress = createProgress();
  let isLoaded = false;
  const stop = (why: string) => {
    askToStop(progress);
    ending.abort(new Error(why));
    setTimeout(() => killing.abort(ending.signal.reason), STOP_GRACE_MS).unref();
  };
  const onStopping = () => stop('the runner stops');
  stopping.addEventListener('abort', onStopping);
  if (stopping.aborted) onStopping();
  const heart = repeat(
    async () => {
      const fraction = fractionOf(progress, isLoaded);
      if (!(await backtests.beat(backtestId, runner, fraction))) stop('it is no longer wanted');
      backtestHub.changed(backtestId);
    },
    { everyMs: HEARTBEAT_EVERY_MS, name: 'beating for a backtest', logger },
  );
  backtestHub.changed(backtestId);
  try {
    await runBacktest(deps, claimed, {
      progress,
      signal: ending.signal,
      killing: killing.signal,
      onLoaded: () => {
        isLoaded = true;
      },
    });
  } catch (error) {
    await afterFailure(deps, claimed, { error, runner, wasEnded: ending.signal.aborted });
  } finally {
    stopping.removeEventListener('abort', onStopping);
    await heart.stop();
    backtestHub.changed(backtestId);
  }
}

async function afterFailure(
  deps: BacktestRunnerDeps,
  { job }: ClaimedBacktest,
  failure: { readonly error: unknown; readonly runner: string; readonly wasEnded: boolean },
): Promise<void> {
  const { backtests, logger } = deps;
  const { backtestId } = job;
  const { error, runner, wasEnded } = failure;
  try {
    // Nothing happens to one that the basket has ended: it is this runner's no longer.
    if (wasEnded) return await backtests.release(backtestId, runner);
    if (isOutage(error)) {
      await pause(OUTAGE_PAUSE_MS);
      return await backtests.release(backtestId, runner);
    }
    logger.error({ err: error, backtestId }, 'a backtest failed');
    await fail(deps, job, 'it failed for a reason within the platform; see its log');
  } catch (cause) {
    logger.error({ err: cause, backtestId }, 'a backtest could not be given back');
  }
}
