/**
 * Return indices beside a price index: regular dividends reinvested, gross and net of withholding;
 * what is left after financing or a fixed decrement; a currency hedge. Levels at 1e-8, half-even.
 */

import { type BusinessDate, daysBetween } from '#kernel/business-date';
import { type Decimal, divideHalfEven, ONE } from '#kernel/decimal';
import type { Price, Quantity, Weight } from '#kernel/money';
import { type Divisor, type FxFactor, type Level, level } from './index-level.ts';

export interface PaidDividend {
  /** Per unit, in the currency of the name, on its ex-date. */
  readonly dividend: Price;
  readonly units: Quantity;
  readonly fx: FxFactor;
  /** Tax kept by the country of the name, 0 to 1. */
  readonly withholding: Weight;
}

/** Dividends in index points, exact until the division: 1e-8 half-even. ID = sum d u fx / D. */
export function dividendPoints(
  dividends: readonly PaidDividend[],
  by: Divisor,
): { readonly gross: Decimal; readonly net: Decimal } {
  let gross = 0n;
  let net = 0n;
  for (const { dividend, units, fx, withholding } of dividends) {
    const paid = dividend * units * fx;
    gross += paid * ONE;
    net += paid * (ONE - withholding);
  }
  return {
    gross: divideHalfEven(gross, by * ONE) as Decimal,
    net: divideHalfEven(net, by * ONE) as Decimal,
  };
}

/**
 * One day of a return index: TR x (PR + ID) / PR of the day before. The divisor must not be zero.
 */
export function returnLevel(
  former: Level,
  {
    before,
    now,
    points,
  }: { readonly before: Level; readonly now: Level; readonly points: Decimal },
): Level {
  return level(divideHalfEven(former * (now + points), before));
}

/** Kept of the points after withholding at one rate. */
export function netPoints(points: Decimal, withholding: Weight): Decimal {
  return divideHalfEven(points * (ONE - withholding), ONE) as Decimal;
}

const FINANCING_DAYS = 360n;
const DECREMENT_DAYS = 365n;

export interface Accrual {
  readonly before: Level;
  readonly now: Level;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

/** Excess return: growth less the financing rate (1e-8 per year) for the days, act/360. */
export function excessLevel(
  former: Level,
  { before, now, from, to }: Accrual,
  rate: Decimal,
): Level {
  const days = BigInt(daysBetween(from, to));
  const growth = now * FINANCING_DAYS * ONE - before * rate * days;
  return level(divideHalfEven(former * growth, before * FINANCING_DAYS * ONE));
}

/** A decrement: growth less a fraction per year, or less index points per year, act/365. */
export function decrementLevel(
  former: Level,
  { before, now, from, to }: Accrual,
  perYear: { readonly kind: 'FRACTION' | 'POINTS'; readonly value: Decimal },
): Level {
  const days = BigInt(daysBetween(from, to));
  if (perYear.kind === 'POINTS') {
    const grown = divideHalfEven(former * now, before);
    return level(grown - divideHalfEven(perYear.value * days, DECREMENT_DAYS));
  }
  const growth = now * DECREMENT_DAYS * ONE - before * perYear.value * days;
  return level(divideHalfEven(former * growth, before * DECREMENT_DAYS * ONE));
}

/**
 * A hedged index since the hedge was last set: L = L0 (U / U0 + h (forward points - spot move)),
 * with the points and the move as fractions of the spot at the reset, and h the part hedged.
 */
export function hedgedLevel(
  reset: { readonly level: Level; readonly unhedged: Level },
  now: {
    readonly unhedged: Level;
    readonly hedgeRatio: Weight;
    readonly forwardPoints: Decimal;
    readonly spotMove: Decimal;
  },
): Level {
  const gain = now.hedgeRatio * (now.forwardPoints - now.spotMove) * reset.unhedged;
  const sum = now.unhedged * ONE * ONE + gain;
  return level(divideHalfEven(reset.level * sum, reset.unhedged * ONE * ONE));
}

/** Segments between reviews: level at the review x value now / value at the review, same units. */
export function chainedLevel(
  review: Level,
  value: { readonly atReview: bigint; readonly now: bigint },
): Level {
  return level(divideHalfEven(review * value.now, value.atReview));
}
