/** Says aloud when the cold path is behind, and when it is not any longer. */

import type { Logger } from '#platform/logger';
import type { WaitingPositions } from '../store/waiting-positions.ts';

export const WATCH_EVERY_MS = 15_000;
export const PROVISIONAL_ALARM_SECONDS = 5 * 60;
/** Late events not yet settled, in the topic and in memory. */
export const QUEUE_ALARM = 5_000;
/** Then more processes are needed. */
export const QUEUE_SCALE_ALARM = 10_000;

export interface ColdPathWatchDeps {
  readonly waiting: Pick<WaitingPositions, 'provisional'>;
  /** Of the consumer group. */
  readonly lag: () => Promise<number>;
  readonly logger: Logger;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function startColdPathWatch(deps: ColdPathWatchDeps) {
  const stopping = new AbortController();
  const work = run(deps, stopping.signal);
  return {
    async stop(): Promise<void> {
      stopping.abort();
      await work;
    },
  };
}

async function run(deps: ColdPathWatchDeps, signal: AbortSignal): Promise<void> {
  const { waiting, lag, logger, pause } = deps;
  const alarm = createAlarms(logger);
  while (!signal.aborted) {
    try {
      const [{ oldestSeconds, refusedCount }, behind] = await Promise.all([
        waiting.provisional(),
        lag(),
      ]);
      alarm('a position waits for its correction too long', {
        isRaised: oldestSeconds > PROVISIONAL_ALARM_SECONDS,
        facts: { oldestSeconds },
      });
      alarm('corrections were refused: somebody must act', {
        isRaised: refusedCount > 0,
        facts: { refusedCount },
      });
      alarm('too many late events wait', {
        isRaised: behind >= QUEUE_ALARM,
        facts: { waiting: behind },
      });
      alarm('far too many late events wait: start more processes', {
        isRaised: behind >= QUEUE_SCALE_ALARM,
        facts: { waiting: behind },
      });
    } catch (error) {
      logger.warn({ err: error }, 'the cold path could not be looked at');
    }
    await pause(WATCH_EVERY_MS, signal);
  }
}

interface Finding {
  readonly isRaised: boolean;
  readonly facts: object;
}

/** Each once when it is raised, and once when it is over. */
function createAlarms(logger: Logger) {
  const raised = new Set<string>();
  return (what: string, { isRaised, facts }: Finding): void => {
    if (isRaised === raised.has(what)) return;
    if (isRaised) {
      raised.add(what);
      logger.error(facts, `ALARM: ${what}`);
    } else {
      raised.delete(what);
      logger.info(facts, `over: ${what}`);
    }
  };
}
