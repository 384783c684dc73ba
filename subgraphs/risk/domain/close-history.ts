/** Daily closes of several instruments on the days they all have one, in one currency. */

import type { PriceMatrix } from '#quant/returns';

export interface CloseSeries {
  readonly symbol: string;
  readonly currency: string;
  /** Oldest first, text dates, positive closes. */
  readonly dates: readonly string[];
  readonly closes: Float64Array;
}

export interface RateSeries {
  /** Oldest first. */
  readonly dates: readonly string[];
  /** Units of the portfolio's currency for one unit of this one. */
  readonly rates: Float64Array;
}

export interface AlignedHistory {
  readonly dates: readonly string[];
  readonly matrix: PriceMatrix;
}

/**
 * Keeps the newest `maxDays` days on which every series has a close and converts with the newest
 * rate known on that day. Days before the first rate are left out.
 */
export function alignCloses(
  series: readonly CloseSeries[],
  ratesByCurrency: ReadonlyMap<string, RateSeries>,
  maxDays: number,
): AlignedHistory {
  const columns = series.map((each) => ({
    closeByDate: new Map(each.dates.map((date, i) => [date, each.closes[i] ?? Number.NaN])),
    rateOn: rateLookup(ratesByCurrency.get(each.currency)),
  }));
  const shortest = series.reduce<readonly string[]>(
    (best, { dates }, index) => (index === 0 || dates.length < best.length ? dates : best),
    [],
  );
  const rows = shortest.flatMap((date) => {
    const prices = columns.map(
      ({ closeByDate, rateOn }) => (closeByDate.get(date) ?? Number.NaN) * rateOn(date),
    );
    return prices.every((price) => price > 0) ? [{ date, prices }] : [];
  });
  const kept = rows.slice(-maxDays);
  return {
    dates: kept.map(({ date }) => date),
    matrix: {
      names: series.length,
      days: kept.length,
      prices: Float64Array.from(kept.flatMap(({ prices }) => prices)),
    },
  };
}

/** Rate on or before a date; not a number before the first. Dates must be asked in order. */
function rateLookup(series: RateSeries | undefined): (date: string) => number {
  if (!series) return () => 1;
  let next = 0;
  let rate = Number.NaN;
  return (date) => {
    for (let day = series.dates[next]; day !== undefined && day <= date; day = series.dates[next]) {
      rate = series.rates[next] ?? Number.NaN;
      next += 1;
    }
    return rate;
  };
}
