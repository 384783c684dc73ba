/** Room for replays: each holds a history in memory and keeps the thread that serves everybody. */

import { PlatformError } from '#platform/errors';

/** In this process. */
export const MAX_REPLAYS_AT_ONCE = 4;
/** Waiting for one of them to end; one more is refused with RATE_LIMITED. */
export const MAX_REPLAYS_WAITING = 200;

export type ReplaySlots = ReturnType<typeof createReplaySlots>;

export function createReplaySlots() {
  let free = MAX_REPLAYS_AT_ONCE;
  const waiting: (() => void)[] = [];

  async function enter(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    if (waiting.length >= MAX_REPLAYS_WAITING) {
      throw new PlatformError(
        'RATE_LIMITED',
        `expected at most ${MAX_REPLAYS_WAITING} replays waiting, was one more`,
        { details: { limit: 'MAX_REPLAYS_WAITING' } },
      );
    }
    // The slot is handed over, so that nobody comes in between.
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }

  return {
    /** Runs it as soon as there is room; throws what it throws. */
    async run<Answer>(replay: () => Promise<Answer>): Promise<Answer> {
      await enter();
      try {
        return await replay();
      } finally {
        leave();
      }
    },
  };
}
