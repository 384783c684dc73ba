/** Rates between two currencies from reference rates against the euro. */

import { addDays, type BusinessDate, daysBetween, isoWeekday } from '#kernel/business-date';
import { divide, ONE } from '#kernel/decimal';
import { type CurrencyCode, currencyCode, type Rate, rate } from '#kernel/money';
import type { FxFixing } from './fx-file.ts';

/** The currency all reference rates are against. */
export const EURO = currencyCode('EUR');

/**
 * How long a fixing stands for days without one. The longest closure of the bank is Good Friday to
 * Easter Monday and the weekends around the year's end, five days; a currency without a fixing for
 * longer has been retired or suspended.
 */
export const MAX_CARRY_FORWARD_DAYS = 7;

export interface FxRate {
  readonly base: CurrencyCode;
  readonly quote: CurrencyCode;
  /** Units of `quote` for one of `base`. */
  readonly rate: Rate;
  /** The older of the two legs. */
  readonly fixedOn: BusinessDate;
  readonly isCarriedForward: boolean;
  /** Null when one of the two is the euro, or both are the same. */
  readonly triangulatedThrough: CurrencyCode | null;
  readonly source: string;
}

/** A fixing and who published it. */
export interface SourcedFixing extends FxFixing {
  readonly source: string;
}

/** Source of the rate of a currency in itself. */
export const IDENTITY_SOURCE = 'identity';

export interface FxQuestion {
  readonly base: CurrencyCode;
  readonly quote: CurrencyCode;
  readonly asOf: BusinessDate;
  /** The day a fixing is expected of; later than `asOf` when the newest one stored is wanted. */
  readonly dueOn: BusinessDate;
  /** The newest fixing of each currency that is not later than `asOf`. */
  readonly newest: ReadonlyMap<CurrencyCode, SourcedFixing>;
}

/**
 * Units of `quote` for one unit of `base`, or null when either has no fixing within
 * MAX_CARRY_FORWARD_DAYS before `asOf`. In itself a currency is 1, unless nobody knows it.
 *
 * Both fixings are units per euro, so the rate is their quotient: rounded half-even once to 1e-8,
 * never by way of a rounded inverse.
 */
export function fxRateOf({ base, quote, asOf, dueOn, newest }: FxQuestion): FxRate | null {
  if (base === quote) return isKnown(base, newest) ? identity(base, asOf) : null;
  const baseLeg = legOf(base, { asOf, newest });
  const quoteLeg = legOf(quote, { asOf, newest });
  if (baseLeg === undefined || quoteLeg === undefined) return null;
  const legs = [baseLeg, quoteLeg].filter((leg) => leg.fixedOn !== null);
  const fixedOn = legs.reduce((oldest, leg) => earlier(oldest, leg.fixedOn), asOf);
  return {
    base,
    quote,
    rate: rate(divide(quoteLeg.unitsPerEur, baseLeg.unitsPerEur)),
    fixedOn,
    isCarriedForward: fixedOn < dueOn,
    triangulatedThrough: base === EURO || quote === EURO ? null : EURO,
    source: [...new Set(legs.map((leg) => leg.source))].join(', '),
  };
}

/** The day itself or the Friday before; bank holidays count as business days. */
export function newestBusinessDay(today: BusinessDate): BusinessDate {
  return addDays(today, -Math.max(0, isoWeekday(today) - FRIDAY));
}

const FRIDAY = 5;

function isKnown(currency: CurrencyCode, newest: FxQuestion['newest']): boolean {
  return currency === EURO || newest.has(currency) || ISO_CURRENCIES.has(currency);
}

/** ISO 4217 as the runtime has it: with retired codes, without those of metals such as XAU. */
const ISO_CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

interface Leg {
  readonly unitsPerEur: Rate;
  /** Null for the euro itself. */
  readonly fixedOn: BusinessDate | null;
  readonly source: string;
}

function legOf(
  currency: CurrencyCode,
  { asOf, newest }: Pick<FxQuestion, 'asOf' | 'newest'>,
): Leg | undefined {
  if (currency === EURO) {
    return { unitsPerEur: rate(ONE), fixedOn: null, source: IDENTITY_SOURCE };
  }
  const fixing = newest.get(currency);
  if (fixing === undefined || fixing.fixedOn > asOf) return undefined;
  return daysBetween(fixing.fixedOn, asOf) > MAX_CARRY_FORWARD_DAYS ? undefined : fixing;
}

function earlier(a: BusinessDate, b: BusinessDate | null): BusinessDate {
  return b !== null && b < a ? b : a;
}

function identity(currency: CurrencyCode, asOf: BusinessDate): FxRate {
  return {
    base: currency,
    quote: currency,
    rate: rate(ONE),
    fixedOn: asOf,
    isCarriedForward: false,
    triangulatedThrough: null,
    source: IDENTITY_SOURCE,
  };
}
