/**
 * What past closing levels would have been with corrected prices, from the first such day forward.
 */

import { type BusinessDate, daysBetween } from '#kernel/business-date';
import type { Price } from '#kernel/money';
import { segmentOf, type Valuation, valuationLevel } from './contribution.ts';
import { type Divisor, divisorFor, type Level, type MarketValue } from './index-level.ts';

export interface PastClose {
  readonly date: BusinessDate;
  /** With the prices of its day. */
  readonly valuation: Valuation;
}

export interface RestatedClose {
  readonly date: BusinessDate;
  readonly oldLevel: Level;
  readonly newLevel: Level;
  readonly valuation: Valuation;
  /** Names whose price of this very day was corrected; empty for a day that only follows. */
  readonly corrected: readonly string[];
}

export interface Corrections {
  /** The price as it is known now; undefined when nothing better is known. */
  readonly priceOf: (symbol: string, date: BusinessDate) => Price | undefined;
  /** The price of a day as an index sees it that has worked in all actions until another day. */
  readonly seenOn: (symbol: string, raw: Price, days: SeenDays) => Price;
}

export interface SeenDays {
  readonly of: BusinessDate;
  readonly asOf: BusinessDate;
}

/**
 * Goes through the closes in order of date. Units stay as they were; a composition that took over
 * at a corrected close goes on from the corrected level, so its divisor is another one and every
 * later close of it follows. Answers only with days whose level or prices changed.
 */
export function restate(
  closes: readonly PastClose[],
  corrections: Corrections,
): readonly RestatedClose[] {
  const found: RestatedClose[] = [];
  let former: { readonly was: PastClose; readonly is: Valuation } | undefined;
  let divisor: Divisor | undefined;
  for (const was of closes) {
    const segment = segmentOf(was.valuation);
    const isSame = former !== undefined && segmentOf(former.was.valuation) === segment;
    if (!isSame) {
      divisor = former ? takenOver(former, was, corrections) : was.valuation.divisor;
    }
    const corrected: string[] = [];
    const names = was.valuation.names.map((name) => {
      const price = corrections.priceOf(name.symbol, was.date);
      if (price === undefined || price === name.price) return name;
      corrected.push(name.symbol);
      return { ...name, price };
    });
    const is = { ...was.valuation, names, divisor: divisor ?? was.valuation.divisor };
    const oldLevel = valuationLevel(was.valuation);
    const newLevel = valuationLevel(is);
    if (newLevel !== oldLevel || corrected.length > 0) {
      found.push({ date: was.date, oldLevel, newLevel, valuation: is, corrected });
    }
    former = { was, is };
  }
  return found;
}

/**
 * The divisor of a composition that took over at the close of `former`: what its units were worth
 * at the corrected prices of that close, over the corrected level. Its value at the old prices is
 * its divisor times the old level, for the level was continuous.
 */
function takenOver(
  former: { readonly was: PastClose; readonly is: Valuation },
  next: PastClose,
  { seenOn }: Corrections,
): Divisor {
  const oldLevel = valuationLevel(former.was.valuation);
  const newLevel = valuationLevel(former.is);
  const days = { of: former.was.date, asOf: next.date };
  let value = next.valuation.divisor * oldLevel;
  for (const { symbol, units, fx } of next.valuation.names) {
    const before = former.was.valuation.names.find((each) => each.symbol === symbol);
    const after = former.is.names.find((each) => each.symbol === symbol);
    if (!before || !after || before.price === after.price) continue;
    const change = seenOn(symbol, after.price, days) - seenOn(symbol, before.price, days);
    value += units * change * fx;
  }
  if (newLevel === oldLevel && value === next.valuation.divisor * oldLevel) {
    return next.valuation.divisor;
  }
  return divisorFor(value as MarketValue, newLevel);
}

export interface RestatementPolicy {
  /** Smaller changes do not change the published close; in units of 1e-4 of the level. */
  readonly leastBps: bigint;
  /** Nor do later ones. */
  readonly withinDays: number;
}

/** 1 bp within 2 days. */
export const RESTATEMENT_POLICY: RestatementPolicy = { leastBps: 1n, withinDays: 2 };

/** PUBLISHED: the close is told anew. INTERNAL: only later levels follow from it. */
export function kindOf(
  { date, oldLevel, newLevel }: Pick<RestatedClose, 'date' | 'oldLevel' | 'newLevel'>,
  today: BusinessDate,
  { leastBps, withinDays }: RestatementPolicy = RESTATEMENT_POLICY,
): 'PUBLISHED' | 'INTERNAL' {
  const gap = newLevel > oldLevel ? newLevel - oldLevel : oldLevel - newLevel;
  const isLarge = gap * 10_000n >= oldLevel * leastBps;
  return isLarge && daysBetween(date, today) <= withinDays ? 'PUBLISHED' : 'INTERNAL';
}
