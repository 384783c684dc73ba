/** Takes late events from the topic `backdated-trades` to their recalculation. */

import { BACKDATED_TRADES_TOPIC } from '#kernel/topics/backdated-trades';
import type { Consumer, EventLog } from '#platform/ports';
import { receiveLateEvents, type ReceiveLateEventsDeps } from '../use-cases/receive-late-events.ts';

export const COLD_GROUP = 'positions-cold';
/**
 * Of one partition of the topic. Sixteen of them are all that this process holds in memory; the
 * rest waits in the topic, where it is safe.
 */
export const MAX_LATE_PER_PARTITION = 300;
/** Of a recalculation; then one by one, and what fails there becomes a dead letter. */
export const MAX_RECALCULATION_ATTEMPTS = 3;

export function startBackdatedTradesConsumer(
  eventLog: EventLog,
  deps: ReceiveLateEventsDeps,
): Promise<Consumer> {
  return eventLog.consume({
    topic: BACKDATED_TRADES_TOPIC,
    group: COLD_GROUP,
    maxBatch: MAX_LATE_PER_PARTITION,
    maxAttempts: MAX_RECALCULATION_ATTEMPTS,
    handle: (records, signal) => receiveLateEvents(deps, records, signal),
  });
}
