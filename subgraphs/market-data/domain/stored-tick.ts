/** Accepted ticks with our own numbering, as they are published and stored. */

import { formatDecimal } from '#kernel/decimal';
import type { CurrencyCode } from '#kernel/money';
import type { AcceptedTick, PriceQuality } from '#kernel/topics/accepted-ticks';
import type { InstrumentId, InstrumentSymbol } from './instrument.ts';
import type { JudgedTick } from './tick.ts';
import { STALE_AFTER_MS } from './tick-rules-form.ts';

export interface StoredTick {
  readonly instrumentId: InstrumentId;
  readonly currency: CurrencyCode;
  /** Grows per symbol, over restarts too. */
  readonly sequence: bigint;
  /** Sequence of the tick that this one puts right; null for an original. */
  readonly supersedes: bigint | null;
  readonly tick: JudgedTick;
}

/** The last accepted tick of an instrument, read back. */
export interface StoredPrice {
  readonly instrumentId: InstrumentId;
  readonly symbol: InstrumentSymbol;
  readonly price: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
  readonly currency: CurrencyCode;
  readonly eventTimeMs: number;
  readonly receivedAtMs: number;
  readonly quality: PriceQuality;
  readonly sequence: bigint;
  readonly source: string;
}

/** The form in which everybody else hears of it. */
export function publishedTick(stored: StoredTick): AcceptedTick {
  const { instrumentId, currency, sequence, tick } = stored;
  return {
    instrumentId,
    symbol: tick.symbol,
    price: formatDecimal(tick.price),
    bid: tick.bid === null ? null : formatDecimal(tick.bid),
    ask: tick.ask === null ? null : formatDecimal(tick.ask),
    size: tick.size === null ? null : formatDecimal(tick.size),
    currency,
    eventTimeMs: tick.eventTimeMs,
    receivedAtMs: tick.receivedAtMs,
    source: tick.source,
    sequence: sequence.toString(),
    quality: tick.quality,
  };
}

export function republishedPrice(stored: StoredPrice): AcceptedTick {
  return {
    instrumentId: stored.instrumentId,
    symbol: stored.symbol,
    price: formatDecimal(stored.price),
    bid: stored.bid === null ? null : formatDecimal(stored.bid),
    ask: stored.ask === null ? null : formatDecimal(stored.ask),
    size: null,
    currency: stored.currency,
    eventTimeMs: stored.eventTimeMs,
    receivedAtMs: stored.receivedAtMs,
    source: stored.source,
    sequence: stored.sequence.toString(),
    quality: stored.quality,
  };
}

/** The tick as it is to be shown now: a live price that has aged since is stale. */
export function agedTick(tick: AcceptedTick, nowMs: number): AcceptedTick {
  if (tick.quality !== 'GOOD' || nowMs - tick.eventTimeMs <= STALE_AFTER_MS) return tick;
  return { ...tick, quality: 'STALE' };
}
