/** A quote that came with a tick, and how long it can be traded on. */

import { decimal } from '#kernel/decimal';
import { price, type Quantity, quantity } from '#kernel/money';
import type { AcceptedTick } from '#kernel/topics/accepted-ticks';
import type { Quote } from './match-quote.ts';

/** An older one says nothing about what could be had now. */
export const MAX_LIVE_QUOTE_AGE_MS = 60_000;

export interface LiveQuote extends Quote {
  readonly symbol: string;
  /** Units it has to give; null when the tick had no size. */
  readonly size: Quantity | null;
  readonly receivedAtMs: number;
  /** Grows per symbol. */
  readonly sequence: bigint;
}

export function quoteOf(tick: AcceptedTick): LiveQuote {
  const { symbol, receivedAtMs } = tick;
  return {
    symbol,
    last: price(decimal(tick.price)),
    bid: tick.bid === null ? null : price(decimal(tick.bid)),
    ask: tick.ask === null ? null : price(decimal(tick.ask)),
    size: tick.size === null ? null : quantity(decimal(tick.size)),
    receivedAtMs,
    sequence: BigInt(tick.sequence),
  };
}

/** The last value in the cache and the tick that brought it are one quote, to be used once. */
export function isNewer(quote: LiveQuote, than: LiveQuote | null): boolean {
  if (than === null) return true;
  return quote.sequence > than.sequence || quote.receivedAtMs > than.receivedAtMs;
}

export function isFresh(quote: LiveQuote, nowMs: number): boolean {
  return nowMs - quote.receivedAtMs <= MAX_LIVE_QUOTE_AGE_MS;
}
