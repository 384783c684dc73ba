/** The last price of a symbol, wherever it comes from. */

import { type BusinessDate, startOfUtcDay } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { type Price, price } from '#kernel/money';
import type { AcceptedTick, PriceQuality } from '#kernel/topics/accepted-ticks';

export interface LivePrice {
  /** Positive. */
  readonly price: Price;
  readonly eventTimeMs: number;
  readonly receivedAtMs: number;
  readonly quality: PriceQuality;
  /** Grows per symbol; a price whose number is not above the last one's is ignored. */
  readonly sequence: bigint;
}

const MS_PER_DAY = 86_400_000;
/** Below the number of any tick, so that a tick replaces every close. */
const CLOSES_BEGIN = -1_000_000_000n;

/** Throws on a number that is none: our own code wrote it. */
export function livePriceOf(tick: AcceptedTick): LivePrice {
  return {
    price: price(decimal(tick.price)),
    eventTimeMs: tick.eventTimeMs,
    receivedAtMs: tick.receivedAtMs,
    quality: tick.quality,
    sequence: BigInt(tick.sequence),
  };
}

/** A close counts from the start of its day, is always stale, and gives way to a later one. */
export function closePrice(close: Price, date: BusinessDate): LivePrice {
  const atMs = startOfUtcDay(date);
  return {
    price: close,
    eventTimeMs: atMs,
    receivedAtMs: atMs,
    quality: 'STALE',
    sequence: CLOSES_BEGIN + BigInt(atMs / MS_PER_DAY),
  };
}

export const isClose = (each: LivePrice): boolean => each.sequence < 0n;
