/** Rates between currencies from fixings against the euro. */

import { fromNumber } from '#kernel/decimal';
import type { CurrencyCode, Rate } from '#kernel/money';
import type { RateSeries } from './close-history.ts';

export interface EuroFixings {
  readonly dates: readonly string[];
  /** Units of the currency for one euro. */
  readonly unitsPerEur: Float64Array;
}

const PIVOT = 'EUR';

/**
 * Units of `to` for one unit of `from` on every day both have a fixing, as float64 for statistics.
 * Undefined when they never had one on the same day; a constant one for the same currency.
 */
export function rateSeries(
  { from, to }: { readonly from: string; readonly to: string },
  fixings: ReadonlyMap<string, EuroFixings>,
): RateSeries | undefined {
  if (from === to) return { dates: ['0001-01-01'], rates: Float64Array.of(1) };
  const base = from === PIVOT ? undefined : fixings.get(from);
  const quote = to === PIVOT ? undefined : fixings.get(to);
  if ((from !== PIVOT && !base) || (to !== PIVOT && !quote)) return undefined;
  const baseByDate = base && byDate(base);
  const quoteByDate = quote && byDate(quote);
  const dates = (base ?? quote)?.dates.filter(
    (date) => baseByDate?.has(date) !== false && quoteByDate?.has(date) !== false,
  );
  if (dates === undefined || dates.length === 0) return undefined;
  const rates = dates.map((date) => (quoteByDate?.get(date) ?? 1) / (baseByDate?.get(date) ?? 1));
  return { dates, rates: Float64Array.from(rates) };
}

/** Newest rate of each currency into `to`, half-even to 1e-8; those unknown are left out. */
export function newestRates(
  currencies: readonly CurrencyCode[],
  to: CurrencyCode,
  fixings: ReadonlyMap<string, EuroFixings>,
): ReadonlyMap<CurrencyCode, Rate> {
  return new Map(
    currencies.flatMap((from): [CurrencyCode, Rate][] => {
      const newest = rateSeries({ from, to }, fixings)?.rates.at(-1);
      return newest === undefined ? [] : [[from, fromNumber(newest) as bigint as Rate]];
    }),
  );
}

function byDate({ dates, unitsPerEur }: EuroFixings): ReadonlyMap<string, number> {
  return new Map(dates.map((date, index) => [date, unitsPerEur[index] ?? Number.NaN]));
}
