/** One snapshot of reference rates, against the euro, for all conversions of one valuation. */

import type { BusinessDate } from '#kernel/business-date';
import { type Decimal, divideHalfEven } from '#kernel/decimal';
import { type FxFactor, FX_UNIT, SAME_CURRENCY } from './index-level.ts';

export interface ReferenceRate {
  /** Units of the currency for one euro, positive. */
  readonly unitsPerEur: Decimal;
  readonly fixedOn: BusinessDate;
}

/** By currency; the euro itself has none. */
export type FxSnapshot = ReadonlyMap<string, ReferenceRate>;

const EURO = 'EUR';

export function isPricedCurrency(snapshot: FxSnapshot, currency: string): boolean {
  return currency === EURO || snapshot.has(currency);
}

/**
 * Units of `to` for one unit of `from`, triangulated through the euro, half-even to 1e-16; 1 for
 * the same currency. Undefined when a leg has no rate, or the pair is beyond 16 places.
 */
export function fxFactor(snapshot: FxSnapshot, from: string, to: string): FxFactor | undefined {
  if (from === to) return SAME_CURRENCY;
  const fromRate = perEuro(snapshot, from);
  const toRate = perEuro(snapshot, to);
  if (fromRate === undefined || toRate === undefined) return undefined;
  const factor = divideHalfEven(toRate * FX_UNIT, fromRate);
  return factor > 0n ? (factor as FxFactor) : undefined;
}

function perEuro(snapshot: FxSnapshot, currency: string): bigint | undefined {
  return currency === EURO ? 100_000_000n : snapshot.get(currency)?.unitsPerEur;
}

/** The oldest fixing used to bring the currencies into `to`; null when none was needed. */
export function oldestFixing(
  snapshot: FxSnapshot,
  currencies: readonly string[],
  to: string,
): BusinessDate | null {
  const foreign = currencies.filter((currency) => currency !== to);
  if (foreign.length === 0) return null;
  const dates = [...foreign, to].flatMap((currency) => snapshot.get(currency)?.fixedOn ?? []);
  return dates.reduce<BusinessDate | null>(
    (oldest, date) => (oldest === null || date < oldest ? date : oldest),
    null,
  );
}
