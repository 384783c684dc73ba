/**
 * Several providers of the same ticks, one at a time: when the current one is down or silent for
 * longer than the limit, the next takes over, in a ring. Both number their ticks alike, so what
 * the new one repeats is dropped as a duplicate.
 *
 * State and status are those of the current provider; `name` says which one that is.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { Feed, FeedSink, FeedStatus } from './feed.ts';

/** Without a tick for this long, another provider is tried. */
export const FAILOVER_AFTER_MS = 10_000;

export interface FailoverOptions {
  /** Makes a provider's feed anew each time it takes over; at least one. */
  readonly providers: readonly (() => Feed)[];
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
  readonly failoverAfterMs?: number;
}

export function createFailoverFeed(options: FailoverOptions): Feed {
  const { clock, logger, providers, failoverAfterMs = FAILOVER_AFTER_MS } = options;
  let place = 0;
  let current: Feed | undefined;
  let tookOverAtMs = 0;
  let missedBefore = 0;
  let watch: NodeJS.Timeout | undefined;
  let switching: Promise<void> | undefined;

  const takeOver = async (sink: FeedSink): Promise<void> => {
    current = providers[place]?.();
    tookOverAtMs = clock.nowMs();
    await current?.start(sink);
  };

  const look = async (sink: FeedSink): Promise<void> => {
    const status = current?.status();
    const lastAtMs = Math.max(tookOverAtMs, status?.lastTickAtMs ?? 0);
    if (clock.nowMs() - lastAtMs <= failoverAfterMs) return;
    logger.warn({ from: status?.name, problem: status?.problem }, 'a provider is silent');
    missedBefore += status?.missedTicks ?? 0;
    await current?.stop();
    place = (place + 1) % providers.length;
    await takeOver(sink);
  };

  return {
    async start(sink) {
      await takeOver(sink);
      watch = setInterval(() => {
        switching ??= look(sink)
          .catch((error: unknown) => logger.error({ err: error }, 'a provider cannot take over'))
          .finally(() => {
            switching = undefined;
          });
      }, failoverAfterMs / 4);
    },
    async stop() {
      clearInterval(watch);
      await switching;
      await current?.stop();
    },
    status(): FeedStatus {
      const status = current?.status();
      if (status === undefined) {
        const name = 'failover';
        return { name, state: 'STOPPED', lastTickAtMs: null, missedTicks: 0, problem: null };
      }
      return { ...status, missedTicks: status.missedTicks + missedBefore };
    },
  };
}
