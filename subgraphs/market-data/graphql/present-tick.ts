/** Turns live prices and held ticks into what the schema shows. */

import { decimal } from '#kernel/decimal';
import type { AcceptedTick } from '#kernel/topics/accepted-ticks';
import type { QuarantinedTickRow } from '../store/quarantine.ts';
import type {
  Price as PriceView,
  QuarantinedTick as QuarantinedTickView,
} from './types.generated.ts';

/** The last accepted tick of an instrument. */
export function presentPrice(tick: AcceptedTick): PriceView {
  return {
    value: decimal(tick.price),
    currency: tick.currency,
    bid: tick.bid === null ? null : decimal(tick.bid),
    ask: tick.ask === null ? null : decimal(tick.ask),
    eventTime: tick.eventTimeMs,
    receivedAt: tick.receivedAtMs,
    source: tick.source,
    sequence: tick.sequence,
    quality: tick.quality,
  };
}

export function presentQuarantinedTick(row: QuarantinedTickRow): QuarantinedTickView {
  const { eventTimeMs, receivedAtMs, ...same } = row;
  return { ...same, eventTime: eventTimeMs, receivedAt: receivedAtMs };
}
