/**
 * Lays the bars of single names side by side: one row a session, in one currency.
 *
 * Sessions are the days on which any name has a close. Saturdays and Sundays count only when every
 * name trades on weekends: otherwise a coin among shares would make two days a week on which
 * nothing else moves. Prices are converted at the reference rates of the day, or the last ones
 * before it.
 */

import { addDays, type BusinessDate, businessDate } from '#kernel/business-date';

/** Bars of one name, in any order. Days count from 1970-01-01. */
export interface BarColumns {
  readonly days: Int32Array;
  /** In units of the name's currency. */
  readonly closes: Float64Array;
  /** NaN where there is none; undefined when nobody asked. */
  readonly opens: Float64Array | undefined;
}

/** Reference rates of one currency, ascending by day. */
export interface RateColumns {
  readonly days: Int32Array;
  readonly unitsPerEuro: Float64Array;
}

export interface NamedBars extends BarColumns {
  readonly symbol: string;
  readonly currency: string;
}

export interface PanelData {
  readonly days: Int32Array;
  readonly names: number;
  /** Day-major, NaN for none. */
  readonly closes: Float64Array;
  readonly opens: Float64Array | undefined;
  readonly benchmark: Float64Array | undefined;
  /** Days on which only some names trade, left out. */
  readonly weekendDaysLeftOut: number;
  /** Closes of days on which the exchange of the name rests, left out before. */
  readonly offSessionCloses: number;
}

export type PanelOutcome =
  | { readonly ok: true; readonly panel: PanelData }
  | { readonly ok: false; readonly message: string };

export interface PanelSource {
  readonly names: readonly NamedBars[];
  readonly benchmark: NamedBars | undefined;
  readonly currency: string;
  /** Of the currencies that differ from the wanted one, and of that one; the euro has none. */
  readonly rates: ReadonlyMap<string, RateColumns>;
  /** Where numbers go: memory that threads share. */
  readonly allocate: (length: number) => Float64Array;
  readonly offSessionCloses?: number;
}

/** Rates are not fixed on holidays; beyond this many days an older one says nothing. */
export const MAX_RATE_AGE_DAYS = 7;
const PIVOT = 'EUR';
const SATURDAY = 2;
const DAYS_PER_WEEK = 7;
const EPOCH_DATE = businessDate('1970-01-01');

export function dateOfDay(day: number): BusinessDate {
  return addDays(EPOCH_DATE, day);
}

export function buildPanel(source: PanelSource): PanelOutcome {
  const { names, benchmark, allocate } = source;
  const { days, weekendDaysLeftOut } = sessionDays(names);
  const rates = conversionRates(source, days);
  if (!rates.ok) return rates;
  const sessionByDay = new Map(Array.from(days, (day, session) => [day, session]));
  const fill = (bars: NamedBars, values: Float64Array, into: Column): void => {
    const rate = rates.byCurrency.get(bars.currency);
    bars.days.forEach((day, index) => {
      const session = sessionByDay.get(day);
      if (session === undefined) return;
      const value = values[index] ?? Number.NaN;
      into.cells[session * into.width + into.column] = rate ? value * (rate[session] ?? 0) : value;
    });
  };
  const cells = days.length * names.length;
  const closes = allocate(cells).fill(Number.NaN);
  const opens = names.some((bars) => bars.opens) ? allocate(cells).fill(Number.NaN) : undefined;
  names.forEach((bars, column) => {
    fill(bars, bars.closes, { cells: closes, width: names.length, column });
    if (opens && bars.opens) fill(bars, bars.opens, { cells: opens, width: names.length, column });
  });
  const beside = benchmark && allocate(days.length).fill(Number.NaN);
  if (benchmark && beside)
    fill(benchmark, benchmark.closes, { cells: beside, width: 1, column: 0 });
  return {
    ok: true,
    panel: {
      days,
      names: names.length,
      closes,
      opens,
      benchmark: beside,
      weekendDaysLeftOut,
      offSessionCloses: source.offSessionCloses ?? 0,
    },
  };
}

interface Column {
  readonly cells: Float64Array;
  readonly width: number;
  readonly column: number;
}

function isWeekend(day: number): boolean {
  // 1970-01-01 was a Thursday.
  const sinceThursday = ((day % DAYS_PER_WEEK) + DAYS_PER_WEEK) % DAYS_PER_WEEK;
  return sinceThursday === SATURDAY || sinceThursday === SATURDAY + 1;
}

function sessionDays(names: readonly NamedBars[]) {
  const all = new Set<number>();
  for (const { days } of names) for (const day of days) all.add(day);
  const sorted = Int32Array.from(all).sort();
  const priced = names.filter(({ days }) => days.length > 0);
  if (priced.every(({ days }) => days.some(isWeekend))) {
    return { days: sorted, weekendDaysLeftOut: 0 };
  }
  const weekdays = sorted.filter((day) => !isWeekend(day));
  return { days: weekdays, weekendDaysLeftOut: sorted.length - weekdays.length };
}

/** By currency of a name, the factor at each session; none for the wanted currency itself. */
function conversionRates(
  { names, benchmark, currency, rates }: PanelSource,
  days: Int32Array,
):
  | { readonly ok: true; readonly byCurrency: ReadonlyMap<string, Float64Array> }
  | { readonly ok: false; readonly message: string } {
  const all = benchmark ? [...names, benchmark] : names;
  const foreign = [...new Set(all.map((bars) => bars.currency))].filter(
    (found) => found !== currency,
  );
  const byCurrency = new Map<string, Float64Array>();
  if (foreign.length === 0) return { ok: true, byCurrency };
  const perEuro = new Map<string, Float64Array>();
  for (const needed of [currency, ...foreign]) {
    const found = ratesAt(needed, rates.get(needed), days);
    const gap = found.findIndex((rate) => Number.isNaN(rate));
    const day = days[gap];
    if (day !== undefined) {
      const message =
        `expected a reference rate of ${needed} at most ${MAX_RATE_AGE_DAYS} days old ` +
        `on ${dateOfDay(day)}, was none`;
      return { ok: false, message };
    }
    perEuro.set(needed, found);
  }
  const wanted = perEuro.get(currency);
  for (const each of foreign) {
    const own = perEuro.get(each);
    byCurrency.set(
      each,
      Float64Array.from(days, (_, session) => (wanted?.[session] ?? 0) / (own?.[session] ?? 1)),
    );
  }
  return { ok: true, byCurrency };
}

/** Units per euro at each day; NaN where the last rate is too old. */
function ratesAt(currency: string, rates: RateColumns | undefined, days: Int32Array) {
  if (currency === PIVOT) return new Float64Array(days.length).fill(1);
  const found = new Float64Array(days.length).fill(Number.NaN);
  if (rates === undefined) return found;
  let next = 0;
  days.forEach((day, session) => {
    while (next < rates.days.length && (rates.days[next] ?? day) <= day) next += 1;
    const last = rates.days[next - 1];
    if (last === undefined || day - last > MAX_RATE_AGE_DAYS) return;
    found[session] = rates.unitsPerEuro[next - 1] ?? Number.NaN;
  });
  return found;
}
