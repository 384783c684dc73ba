/**
 * Channel `accepted-ticks`: every price that passed validation, keyed by symbol. Volatile; the last
 * one of a symbol is also in the cache under `lastPriceKey(symbol)`.
 */

import type { EventType } from './event-type.ts';
import { integer, oneOf, payload, text, textOrNull } from './reading.ts';

export const ACCEPTED_TICKS_CHANNEL = 'accepted-ticks';

export const PRICE_QUALITIES = ['GOOD', 'STALE', 'ESTIMATED', 'INDICATIVE', 'SIMULATED'] as const;
export type PriceQuality = (typeof PRICE_QUALITIES)[number];

/** Decimals stay text here: most readers only pass them on. */
export interface AcceptedTick {
  readonly instrumentId: string;
  readonly symbol: string;
  readonly price: string;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly size: string | null;
  readonly currency: string;
  readonly eventTimeMs: number;
  readonly receivedAtMs: number;
  readonly source: string;
  /** Grows by one or more per symbol; decimal digits. */
  readonly sequence: string;
  readonly quality: PriceQuality;
}

export const acceptedTick: EventType<AcceptedTick> = {
  topic: ACCEPTED_TICKS_CHANNEL,
  name: 'TickAccepted',
  version: 1,
  encode: (tick) => ({ ...tick }),
  parse: (value) => {
    const from = payload(value);
    return {
      instrumentId: text(from, 'instrumentId'),
      symbol: text(from, 'symbol'),
      price: text(from, 'price'),
      bid: textOrNull(from, 'bid'),
      ask: textOrNull(from, 'ask'),
      size: textOrNull(from, 'size'),
      currency: text(from, 'currency'),
      eventTimeMs: integer(from, 'eventTimeMs'),
      receivedAtMs: integer(from, 'receivedAtMs'),
      source: text(from, 'source'),
      sequence: text(from, 'sequence'),
      quality: oneOf(from, 'quality', PRICE_QUALITIES),
    };
  },
};

export function lastPriceKey(symbol: string): string {
  return `last-price:${symbol}`;
}
