/** Bars: open, high, low, close and volume of one interval, and what must hold between them. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import type { Price, Quantity } from '#kernel/money';

export const BAR_INTERVALS = ['DAY_1', 'MONTH_1'] as const;
export type BarInterval = (typeof BAR_INTERVALS)[number];

export interface BarPrices {
  /** Null when the source has only closes. */
  readonly open: Price | null;
  readonly high: Price | null;
  readonly low: Price | null;
  readonly close: Price;
  /** Units traded; null when unknown. */
  readonly volume: Quantity | null;
}

export interface Bar extends BarPrices {
  readonly date: BusinessDate;
  /** True when the source adjusted it for later splits or dividends. */
  readonly isAdjusted: boolean;
  readonly source: string;
}

/**
 * Why a bar cannot be right, or undefined. Prices must be above zero unless `mayBeNegative` (levels
 * of indices and yields may be anything); low <= open, close <= high wherever both are given.
 */
export function barFault(
  bar: BarPrices,
  { mayBeNegative }: { readonly mayBeNegative: boolean },
): string | undefined {
  const { open, high, low, close, volume } = bar;
  if (!mayBeNegative) {
    const prices = { open, high, low, close };
    for (const [name, price] of Object.entries(prices)) {
      if (price !== null && price <= 0n) return `${name}: expected above 0, was ${shown(price)}`;
    }
  }
  if (volume !== null && volume < 0n) return `volume: expected 0 or more, was ${shown(volume)}`;
  if (high !== null && low !== null && low > high) {
    return `expected low <= high, was ${shown(low)} > ${shown(high)}`;
  }
  return outside('open', open, bar) ?? outside('close', close, bar);
}

function outside(name: string, price: Price | null, { low, high }: BarPrices): string | undefined {
  if (price === null) return undefined;
  if (low !== null && price < low) {
    return `expected ${name} >= low, was ${shown(price)} < ${shown(low)}`;
  }
  if (high !== null && price > high) {
    return `expected ${name} <= high, was ${shown(price)} > ${shown(high)}`;
  }
  return undefined;
}

function shown(value: bigint): string {
  return formatDecimal(value);
}
