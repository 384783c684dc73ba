/**
 * The one way into ingestion: batches go through one at a time, in the order in which they were
 * submitted, so that the order per symbol is that of the source.
 *
 * A batch enters by `submit`, waits for those before it and leaves when it is judged. Above
 * MAX_QUEUED_TICKS a caller is refused; a feed asks for `room` first and is slowed down instead.
 */

import { PlatformError } from '#platform/errors';
import type { SourceTick } from '../domain/tick.ts';
import { type IngestResult, MAX_TICKS_PER_BATCH } from '../use-cases/ingest-ticks.ts';
import { createGate } from './waiting.ts';

/** Ticks submitted and not judged yet. */
export const MAX_QUEUED_TICKS = 20_000;

export type TickQueue = ReturnType<typeof createTickQueue>;

export function createTickQueue(
  ingest: (ticks: readonly SourceTick[]) => Promise<IngestResult>,
  maxQueuedTicks = MAX_QUEUED_TICKS,
) {
  let queuedTicks = 0;
  let tail: Promise<unknown> = Promise.resolve();
  const gate = createGate(() => queuedTicks + MAX_TICKS_PER_BATCH <= maxQueuedTicks);

  return {
    submit(ticks: readonly SourceTick[]): Promise<IngestResult> {
      if (queuedTicks + ticks.length > maxQueuedTicks) {
        const message = `at most ${maxQueuedTicks} ticks may wait, try later`;
        const details = { limit: 'MAX_QUEUED_TICKS' };
        return Promise.reject(new PlatformError('RATE_LIMITED', message, { details }));
      }
      queuedTicks += ticks.length;
      const done = tail
        .then(() => ingest(ticks))
        .finally(() => {
          queuedTicks -= ticks.length;
          gate.update();
        });
      tail = done.catch(() => undefined);
      return done;
    },

    /** Resolves when a full batch would be taken. */
    room: gate.passed,

    queuedTicks: () => queuedTicks,

    /** Resolves when everything submitted so far is judged. */
    async idle(): Promise<void> {
      await tail;
    },
  };
}
