/** Topic `basket-transitions`: every step a basket took in its life cycle, keyed by basket id. */

import type { EventType } from './event-type.ts';
import { integer, payload, text, textOrNull } from './reading.ts';

export const BASKET_TRANSITIONS_TOPIC = 'basket-transitions';

/** Names of states and events are those of the basket machine; readers treat them as text. */
export interface BasketTransitioned {
  readonly basketId: string;
  readonly code: string;
  /** Counts the audit rows of the basket from 1, refused commands included. */
  readonly number: number;
  readonly event: string;
  /** Null for the creation. */
  readonly from: string | null;
  readonly to: string;
  readonly versionNumber: number;
  readonly versionHash: string;
  /** Who caused it: a user or a service principal. */
  readonly user: string;
  readonly comment: string | null;
  readonly occurredAtMs: number;
}

export const basketTransitioned: EventType<BasketTransitioned> = {
  topic: BASKET_TRANSITIONS_TOPIC,
  name: 'BasketTransitioned',
  version: 1,
  encode: (transition) => ({ ...transition }),
  parse: (value) => {
    const from = payload(value);
    return {
      basketId: text(from, 'basketId'),
      code: text(from, 'code'),
      number: integer(from, 'number'),
      event: text(from, 'event'),
      from: textOrNull(from, 'from'),
      to: text(from, 'to'),
      versionNumber: integer(from, 'versionNumber'),
      versionHash: text(from, 'versionHash'),
      user: text(from, 'user'),
      comment: textOrNull(from, 'comment'),
      occurredAtMs: integer(from, 'occurredAtMs'),
    };
  },
};
