/** Rules that look at one tick by itself: is it readable, positive, in the right unit and time. */

import { divideHalfEven, formatDecimal } from '#kernel/decimal';
import { MAX_SCALED } from '#kernel/money';
import type { SourceTick, TickInstrument, TickRule } from './tick.ts';

export interface TickFault {
  readonly rule: TickRule;
  /** What was expected and what was found. */
  readonly reason: string;
}

/** How far an event time may lie ahead of our clock. */
export const MAX_AHEAD_MS = 2_000;
/** Older than this, a price is no live price any more. */
export const MAX_TICK_AGE_MS = 15 * 60_000;
/** Older than this, a price is accepted with quality STALE. */
export const STALE_AFTER_MS = 60_000;
export const MAX_SOURCE_LENGTH = 64;
/** How near to 100 or 1,000 a factor must be to be a mistaken unit: 10 %. */
const UNIT_TOLERANCE = 0.1;
const MISTAKEN_FACTORS = [100, 1_000];

const MAX_SHOWN_CHARACTERS = 40;

const SOURCE_NAME = /^[\x20-\x7e]+$/;
/** What a 64-bit counter of a source can show. */
export const MAX_SOURCE_SEQUENCE = 2n ** 63n - 1n;
/** Before it is read as a number. */
const SEQUENCE = /^\d{1,19}$/;

/** Quoted in hundredths of the major currency, by convention of the exchange. */
const MINOR_UNITS: Readonly<Record<string, string>> = {
  GBX: 'GBP',
  GBp: 'GBP',
  ZAC: 'ZAR',
  ZAc: 'ZAR',
  ILA: 'ILS',
};
const MINOR_PER_MAJOR = 100n;

export function schemaFault(tick: SourceTick): TickFault | null {
  const fault = (reason: string): TickFault => ({ rule: 'SCHEMA', reason });
  if (!Number.isSafeInteger(tick.eventTimeMs)) {
    return fault(`expected an event time, was ${tick.eventTimeMs}`);
  }
  if (tick.source.length > MAX_SOURCE_LENGTH || !SOURCE_NAME.test(tick.source)) {
    return fault(`expected a source name of 1 to ${MAX_SOURCE_LENGTH} printable characters`);
  }
  if (tick.sourceSequence !== null && !isSequence(tick.sourceSequence)) {
    const found = JSON.stringify(tick.sourceSequence.slice(0, MAX_SHOWN_CHARACTERS));
    return fault(`expected a source sequence from 0 to ${MAX_SOURCE_SEQUENCE}, was ${found}`);
  }
  for (const [field, value] of decimalsOf(tick)) {
    if (value > MAX_SCALED || value < -MAX_SCALED) {
      return fault(`expected a ${field} up to ${formatDecimal(MAX_SCALED)}, was more`);
    }
  }
  return null;
}

function isSequence(text: string): boolean {
  return SEQUENCE.test(text) && BigInt(text) <= MAX_SOURCE_SEQUENCE;
}

/** No asset class we know may trade at zero or below; listed spreads would be the exception. */
export function positiveFault(tick: SourceTick): TickFault | null {
  for (const [field, value] of decimalsOf(tick)) {
    if (value <= 0n) {
      const reason = `expected a ${field} above zero, was ${formatDecimal(value)}`;
      return { rule: 'NOT_POSITIVE', reason };
    }
  }
  return null;
}

function decimalsOf(tick: SourceTick): readonly (readonly [string, bigint])[] {
  const found: (readonly [string, bigint])[] = [['price', tick.price]];
  if (tick.bid !== null) found.push(['bid', tick.bid]);
  if (tick.ask !== null) found.push(['ask', tick.ask]);
  if (tick.size !== null) found.push(['size', tick.size]);
  return found;
}

/**
 * The tick in the instrument's own currency and unit, or null when its currency is another one.
 * Only a minor unit of the same currency is converted, such as GBX for GBP.
 */
export function inInstrumentUnit(tick: SourceTick, instrument: TickInstrument): SourceTick | null {
  const { currency } = tick;
  if (currency === null || currency === instrument.currency) return tick;
  if (MINOR_UNITS[currency] === instrument.currency) {
    return rescaled(tick, (value) => divideHalfEven(value, MINOR_PER_MAJOR));
  }
  if (MINOR_UNITS[instrument.currency] === currency) {
    return rescaled(tick, (value) => value * MINOR_PER_MAJOR);
  }
  return null;
}

function rescaled(tick: SourceTick, scale: (value: bigint) => bigint): SourceTick {
  return {
    ...tick,
    price: scale(tick.price),
    bid: tick.bid === null ? null : scale(tick.bid),
    ask: tick.ask === null ? null : scale(tick.ask),
  };
}

export function currencyFault(tick: SourceTick, instrument: TickInstrument): TickFault {
  return {
    rule: 'CURRENCY_OR_UNIT',
    reason: `expected a price in ${instrument.currency}, was in ${tick.currency ?? ''}`,
  };
}

/** A price 100 or 1,000 times off the last known one, up or down. */
export function unitFault(price: bigint, reference: bigint | null): TickFault | null {
  if (reference === null) return null;
  const up = Number(price) / Number(reference);
  // Cheap way out for nearly every tick.
  if (up < 50 && up > 0.02) return null;
  const factor = up > 1 ? up : 1 / up;
  const mistaken = MISTAKEN_FACTORS.find((each) => Math.abs(factor / each - 1) <= UNIT_TOLERANCE);
  if (mistaken === undefined) return null;
  const found = `${formatDecimal(price)} is about ${mistaken} times ${up > 1 ? 'more' : 'less'}`;
  const reason = `expected a price near ${formatDecimal(reference)}, ${found}: wrong unit`;
  return { rule: 'CURRENCY_OR_UNIT', reason };
}

/** Receive time minus event time may be negative: the source's clock can be ahead of ours. */
export function timeFault(tick: SourceTick, nowMs: number): TickFault | null {
  const aheadMs = tick.eventTimeMs - nowMs;
  if (aheadMs > MAX_AHEAD_MS) {
    const reason = `expected an event time up to ${MAX_AHEAD_MS} ms ahead, was ${aheadMs} ms`;
    return { rule: 'FUTURE_TIME', reason };
  }
  if (-aheadMs > MAX_TICK_AGE_MS) {
    const reason = `expected an event time up to ${MAX_TICK_AGE_MS} ms ago, was ${-aheadMs} ms`;
    return { rule: 'TOO_OLD', reason };
  }
  return null;
}
