/** A backtest as it goes on, to its end: five times a second at most. */

import { PlatformError } from '#platform/errors';
import { mapStream } from '#platform/graphql/stream';
import type { BacktestStatus } from '../domain/backtest-job.ts';
import type { BacktestRepository, BacktestRow } from '../store/backtests.ts';
import type { BacktestHub } from '../workers/backtest-hub.ts';

export interface WatchBacktestDeps {
  readonly backtests: Pick<BacktestRepository, 'byId'>;
  readonly backtestHub: Pick<BacktestHub, 'listen'>;
  readonly monotonicMs: () => number;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly backtestWatchers: WatcherCount;
}

export interface WatcherCount {
  open: number;
}

export const MAX_PROGRESS_PER_SECOND = 5;
export const MAX_BACKTEST_WATCHERS = 500;
/** For backtests that another process runs. */
const LOOK_EVERY_MS = 500;
const MS_PER_SECOND = 1_000;

/** Starts with what it is now; ends after COMPLETED, FAILED, CANCELED or SUPERSEDED. */
export async function watchBacktest(
  deps: WatchBacktestDeps,
  id: string,
): Promise<AsyncIterableIterator<BacktestRow>> {
  const { backtestWatchers } = deps;
  if ((await deps.backtests.byId(id)) === null) {
    throw new PlatformError('BAD_USER_INPUT', `no backtest has the id ${id}`);
  }
  if (backtestWatchers.open >= MAX_BACKTEST_WATCHERS) {
    throw new PlatformError(
      'RATE_LIMITED',
      `expected at most ${MAX_BACKTEST_WATCHERS} subscriptions to backtests at once`,
      { details: { limit: 'MAX_BACKTEST_WATCHERS' } },
    );
  }
  backtestWatchers.open += 1;
  const ending = new AbortController();
  return mapStream(
    changes(deps, id, ending.signal),
    (row) => Promise.resolve(row),
    () => {
      backtestWatchers.open -= 1;
      ending.abort();
    },
  );
}

async function* changes(
  { backtests, backtestHub, monotonicMs, pause }: WatchBacktestDeps,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<BacktestRow, undefined> {
  const told: number[] = [];
  let last = '';
  while (!signal.aborted) {
    const news = nextNews(backtestHub, id, signal);
    const row = await backtests.byId(id);
    if (row === null) return undefined;
    const now = JSON.stringify([row.status, row.progress]);
    if (now !== last) {
      last = now;
      await pause(waitOf(told, monotonicMs()), signal);
      told.push(monotonicMs());
      if (told.length > MAX_PROGRESS_PER_SECOND) told.shift();
      // What it is by now, if that took a while.
      const newest = (await backtests.byId(id)) ?? row;
      last = JSON.stringify([newest.status, newest.progress]);
      yield newest;
      if (isEnded(newest.status)) return undefined;
    }
    await news;
  }
  return undefined;
}

function isEnded(status: BacktestStatus): boolean {
  return status !== 'QUEUED' && status !== 'RUNNING';
}

/** Until fewer than five were told within a second. */
function waitOf(told: readonly number[], nowMs: number): number {
  const fifth = told.at(-MAX_PROGRESS_PER_SECOND);
  return fifth === undefined ? 0 : Math.max(0, fifth + MS_PER_SECOND - nowMs);
}

function nextNews(hub: Pick<BacktestHub, 'listen'>, id: string, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ignore();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_EVERY_MS);
    const ignore = hub.listen(id, done);
    signal.addEventListener('abort', done);
  });
}
