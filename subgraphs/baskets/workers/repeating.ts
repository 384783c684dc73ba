/** Work that comes again: one run after the other, never two at once. */

import type { Logger } from '#platform/logger';

export interface Repeating {
  /** Resolves when no run is left. */
  stop(): Promise<void>;
}

/** Waits `everyMs` after each run; a failed one is logged and comes again. */
export function repeat(
  work: () => Promise<void> | void,
  { everyMs, name, logger }: { readonly everyMs: number; readonly name: string; logger: Logger },
): Repeating {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();

  const run = async () => {
    try {
      await work();
    } catch (error) {
      logger.error({ err: error, work: name }, 'work that comes round failed; it comes again');
    }
    if (!isStopped) schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  };

  schedule();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}

export interface OneAtATime {
  /** Runs the work, or once more after the run that is going on. Never rejects. */
  ask(): Promise<void>;
  /** Resolves when no run is left. */
  settled(): Promise<void>;
}

/** For work that events ask for and nobody waits for; a failed run is logged. */
export function oneAtATime(name: string, work: () => Promise<void>, logger: Logger): OneAtATime {
  let running: Promise<void> | undefined;
  let isAskedAgain = false;

  const run = async () => {
    do {
      isAskedAgain = false;
      try {
        await work();
      } catch (error) {
        logger.error({ err: error, work: name }, 'work that was asked for failed');
      }
    } while (isAskedAgain);
    running = undefined;
  };
  return {
    ask() {
      if (running) isAskedAgain = true;
      running ??= run();
      return running;
    },
    settled: async () => running,
  };
}
