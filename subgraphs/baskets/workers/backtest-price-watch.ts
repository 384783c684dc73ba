/**
 * Finds results that were made of prices which are not the same any more.
 *
 * Nobody announces that bars were written, so a look comes round: cheap while nothing was, for the
 * log of changes is asked first. A change only makes a result suspect: it is superseded when the
 * prices of its window differ from those it was made of.
 */

import type { Logger } from '#platform/logger';
import {
  type Looked,
  supersedeBacktests,
  type SupersedeBacktestsDeps,
} from '../use-cases/supersede-backtests.ts';
import { repeat } from './repeating.ts';

export interface PriceWatchDeps extends SupersedeBacktestsDeps {
  readonly logger: Logger;
  readonly backtestHub: { readonly changed: (backtestId: string) => void };
}

export interface PriceWatch {
  stop(): Promise<void>;
}

export const LOOK_FOR_CHANGES_EVERY_MS = 2_000;

export function startPriceWatch(deps: PriceWatchDeps): PriceWatch {
  const stopping = new AbortController();
  const looked: Looked = { standing: new Map(), lastState: '' };
  const looking = repeat(
    async () => {
      const ended = await supersedeBacktests(deps, looked, stopping.signal);
      for (const id of ended) deps.backtestHub.changed(id);
    },
    { everyMs: LOOK_FOR_CHANGES_EVERY_MS, name: 'looking for changed prices', logger: deps.logger },
  );
  return {
    stop() {
      stopping.abort(new Error('the watch of prices stops'));
      return looking.stop().catch(() => undefined);
    },
  };
}
