/**
 * Topic `backdated-trades`: what came late to a position and is counted by estimate, keyed by
 * position. Trades first of all; also busts, amendments, elections, resets and corporate actions.
 */

import { type BusinessDate, businessDate } from '../business-date.ts';
import type { EventType } from './event-type.ts';
import { type PositionFields, positionFieldsOf } from './position-fields.ts';
import { integer, parsed, payload, text } from './reading.ts';

export const BACKDATED_TRADES_TOPIC = 'backdated-trades';

export interface LateEventRecorded extends PositionFields {
  /** Of the late event in the position. */
  readonly eventVersion: number;
  /** Type of that event; readers treat it as text. */
  readonly eventType: string;
  /** Id of the trade, reset, transfer or action that came late, or was amended or busted. */
  readonly causedBy: string;
  /** Earliest business date that it concerns. */
  readonly effectiveDate: BusinessDate;
  /** Who caused it: a user or a service principal. */
  readonly user: string;
}

export const lateEventRecorded: EventType<LateEventRecorded> = {
  topic: BACKDATED_TRADES_TOPIC,
  name: 'LateEventRecorded',
  version: 1,
  encode: (event) => ({ ...event }),
  parse: (value) => {
    const from = payload(value);
    return {
      ...positionFieldsOf(from),
      eventVersion: integer(from, 'eventVersion'),
      eventType: text(from, 'eventType'),
      causedBy: text(from, 'causedBy'),
      effectiveDate: parsed(from, 'effectiveDate', businessDate),
      user: text(from, 'user'),
    };
  },
};
