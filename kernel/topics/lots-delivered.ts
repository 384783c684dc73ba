/** A corporate action of a position that lets lots go on under another instrument. */

import type { EventType } from './event-type.ts';
import { type PositionFields, positionFieldsOf } from './position-fields.ts';
import { integer, payload, text } from './reading.ts';

export const LOTS_DELIVERED_TOPIC = 'lots-delivered';

export interface LotsDelivered extends PositionFields {
  /** Of the event that says which lots. */
  readonly eventVersion: number;
  readonly actionId: string;
}

export const lotsDelivered: EventType<LotsDelivered> = {
  topic: LOTS_DELIVERED_TOPIC,
  name: 'LotsDelivered',
  version: 1,
  encode: (event) => ({ ...event }),
  parse: (value) => {
    const from = payload(value);
    return {
      ...positionFieldsOf(from),
      eventVersion: integer(from, 'eventVersion'),
      actionId: text(from, 'actionId'),
    };
  },
};
