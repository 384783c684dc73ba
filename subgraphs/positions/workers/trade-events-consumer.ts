/** Takes the trades of the topic `trade-events` in, one group over all processes. */

import { TRADE_EVENTS_TOPIC } from '#kernel/topics/trade-events';
import type { Consumer, EventLog } from '#platform/ports';
import {
  receiveTradeEvents,
  type ReceiveTradeEventsDeps,
} from '../use-cases/receive-trade-events.ts';

export const CONSUMER_GROUP = 'positions';
/** Of one partition of the topic; sixteen of them stay below what the writers take. */
export const MAX_RECORDS_PER_BATCH = 200;

export function startTradeEventsConsumer(
  eventLog: EventLog,
  deps: ReceiveTradeEventsDeps,
): Promise<Consumer> {
  return eventLog.consume({
    topic: TRADE_EVENTS_TOPIC,
    group: CONSUMER_GROUP,
    maxBatch: MAX_RECORDS_PER_BATCH,
    handle: (records, signal) => receiveTradeEvents(deps, records, signal),
  });
}
