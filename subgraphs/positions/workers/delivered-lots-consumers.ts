/** Takes what corporate actions deliver from the topics that tell of it to its positions. */

import { lotsDelivered } from '#kernel/topics/lots-delivered';
import { positionCorrected } from '#kernel/topics/position-corrected';
import { currencyCode } from '#kernel/money';
import type { EventType } from '#kernel/topics/event-type';
import type { PositionFields } from '#kernel/topics/position-fields';
import type { Consumer, EventLog, LogRecord } from '#platform/ports';
import {
  deliverCorrected,
  deliverInTime,
  type DeliverLotsDeps,
  DELIVERY_SOURCE,
  type DeliveryCause,
} from '../use-cases/deliver-lots.ts';

export const DELIVERY_GROUP = 'positions-delivery';
/** Of one partition of a topic. */
export const MAX_DELIVERIES_PER_BATCH = 50;
/** Then a delivery is a failed record, and is tried again by itself with growing pauses. */
export const MAX_DELIVERY_ATTEMPTS = 3;

type Deliver = (deps: DeliverLotsDeps, cause: DeliveryCause) => Promise<void>;
type Told = PositionFields & { readonly eventVersion: number };

/** Handed over twice, a delivery is received once. */
export function startDeliveredLotsConsumers(
  eventLog: EventLog,
  deps: DeliverLotsDeps,
): Promise<readonly Consumer[]> {
  const consume = <Event extends Told>(
    { topic, parse }: EventType<Event>,
    deliver: Deliver,
  ): Promise<Consumer> =>
    eventLog.consume({
      topic,
      group: DELIVERY_GROUP,
      maxBatch: MAX_DELIVERIES_PER_BATCH,
      maxAttempts: MAX_DELIVERY_ATTEMPTS,
      async handle(records) {
        for (const record of records) {
          await deliver(deps, causeOf(record, parse(record.payload, record.version)));
        }
      },
    });
  return Promise.all([
    consume(lotsDelivered, deliverInTime),
    consume(positionCorrected, deliverCorrected),
  ]);
}

function causeOf({ correlationId }: LogRecord, told: Told): DeliveryCause {
  const { positionKey, bookId, accountId, contractId, instrumentId, symbol, currency } = told;
  return {
    key: {
      text: positionKey,
      bookId,
      accountId,
      contractId,
      instrumentId,
      symbol,
      currency: currencyCode(currency),
      lane: 'NET',
    },
    version: told.eventVersion,
    origin: {
      source: DELIVERY_SOURCE,
      user: DELIVERY_SOURCE,
      correlationId,
      causationId: null,
    },
  };
}
