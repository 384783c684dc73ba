/** How much history one replay may hold in memory. */

import { PlatformError } from '#platform/errors';

export const MAX_EVENTS_REPLAYED = 200_000;

/** Throws OPERATION_TOO_COMPLEX on more events. */
export function requireReplayRoom(events: number): void {
  if (events <= MAX_EVENTS_REPLAYED) return;
  throw new PlatformError(
    'OPERATION_TOO_COMPLEX',
    `expected at most ${MAX_EVENTS_REPLAYED} events to replay, were ${events}`,
    { details: { limit: 'MAX_EVENTS_REPLAYED' } },
  );
}
