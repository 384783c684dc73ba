/** Topic `basket-level-restated`: past closes that are others now, keyed by basket id. */

import { type BusinessDate, businessDate } from '../business-date.ts';
import { type Decimal, decimal, formatDecimal } from '../decimal.ts';
import type { EventType } from './event-type.ts';
import { integer, oneOf, parsed, payload, text } from './reading.ts';

export const BASKET_LEVEL_RESTATED_TOPIC = 'basket-level-restated';

export const LEVEL_RESTATEMENT_KINDS = ['PUBLISHED', 'INTERNAL'] as const;

export interface BasketLevelRestated {
  readonly basketId: string;
  readonly code: string;
  readonly date: BusinessDate;
  /** Of the daily level: 2, 3, … */
  readonly revision: number;
  readonly oldLevel: Decimal;
  readonly newLevel: Decimal;
  /** INTERNAL: too small or too old to be another published close. */
  readonly kind: (typeof LEVEL_RESTATEMENT_KINDS)[number];
  /** In words. */
  readonly cause: string;
  readonly recordedAtMs: number;
}

export const basketLevelRestated: EventType<BasketLevelRestated> = {
  topic: BASKET_LEVEL_RESTATED_TOPIC,
  name: 'BasketLevelRestated',
  version: 1,
  encode: (event) => ({
    ...event,
    oldLevel: formatDecimal(event.oldLevel),
    newLevel: formatDecimal(event.newLevel),
  }),
  parse: (value) => {
    const from = payload(value);
    return {
      basketId: text(from, 'basketId'),
      code: text(from, 'code'),
      date: parsed(from, 'date', businessDate),
      revision: integer(from, 'revision'),
      oldLevel: parsed(from, 'oldLevel', decimal),
      newLevel: parsed(from, 'newLevel', decimal),
      kind: oneOf(from, 'kind', LEVEL_RESTATEMENT_KINDS),
      cause: text(from, 'cause'),
      recordedAtMs: integer(from, 'recordedAtMs'),
    };
  },
};
