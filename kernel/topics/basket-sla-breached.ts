/** Topic `basket-sla-breached`: promises about baskets that were not kept, keyed by basket id. */

import type { EventType } from './event-type.ts';
import { integer, oneOf, payload, text, textOrNull } from './reading.ts';

export const BASKET_SLA_BREACHED_TOPIC = 'basket-sla-breached';

export const BASKET_SLA_KINDS = [
  'APPROVAL_TO_ACTIVE',
  'PUBLISH',
  'CADENCE',
  'VALUATION',
  'BACKTEST',
] as const;
export type BasketSlaKind = (typeof BASKET_SLA_KINDS)[number];

export interface BasketSlaBreached {
  readonly breachId: string;
  readonly kind: BasketSlaKind;
  readonly basketId: string;
  readonly code: string;
  /** Null when no vendor is involved. */
  readonly vendor: string | null;
  readonly limitMs: number;
  /** What had passed when it was found; it may have gone on. */
  readonly actualMs: number;
  readonly detail: string | null;
  readonly occurredAtMs: number;
}

export const basketSlaBreached: EventType<BasketSlaBreached> = {
  topic: BASKET_SLA_BREACHED_TOPIC,
  name: 'BasketSlaBreached',
  version: 1,
  encode: (breach) => ({ ...breach }),
  parse: (value) => {
    const from = payload(value);
    return {
      breachId: text(from, 'breachId'),
      kind: oneOf(from, 'kind', BASKET_SLA_KINDS),
      basketId: text(from, 'basketId'),
      code: text(from, 'code'),
      vendor: textOrNull(from, 'vendor'),
      limitMs: integer(from, 'limitMs'),
      actualMs: integer(from, 'actualMs'),
      detail: textOrNull(from, 'detail'),
      occurredAtMs: integer(from, 'occurredAtMs'),
    };
  },
};
