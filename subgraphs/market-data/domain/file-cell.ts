/** Reads the cells of history files: decimals and dates as other programs write them. */

import { type BusinessDate, parseBusinessDate } from '#kernel/business-date';
import {
  type Decimal,
  DECIMAL_PLACES,
  divideHalfEven,
  formatDecimal,
  type ParsedDecimal,
  parseDecimal,
} from '#kernel/decimal';
import { MAX_SCALED } from '#kernel/money';

export const MAX_DECIMAL_DIGITS = 60;

const LONG_FRACTION = /^([+-]?\d+)\.(\d{9,})$/;

/**
 * A decimal of up to 92,233,720,368. Files of floating-point programs carry more than eight places
 * (`182.35000610351562`): those are rounded half-even to 1e-8, the only rounding an import makes.
 */
export function readDecimalCell(text: string): ParsedDecimal {
  const parsed = text.length > MAX_DECIMAL_DIGITS ? parseDecimal(text) : readRounded(text);
  if (parsed.ok && (parsed.value > MAX_SCALED || parsed.value < -MAX_SCALED)) {
    return { ok: false, message: `expected at most ${formatDecimal(MAX_SCALED)}, was "${text}"` };
  }
  return parsed;
}

function readRounded(text: string): ParsedDecimal {
  const found = LONG_FRACTION.exec(text);
  if (!found) return parseDecimal(text);
  const [, whole = '', fraction = ''] = found;
  const excess = 10n ** BigInt(fraction.length - DECIMAL_PLACES);
  const value = divideHalfEven(BigInt(`${whole}${fraction}`), excess) as Decimal;
  return { ok: true, value };
}

const MAX_SHOWN_COLUMNS = 6;
const MAX_SHOWN_CHARACTERS = 80;

/** Quoted and cut; control characters, as in a file that is no text, are escaped. */
export function shownHeader(header: readonly string[]): string {
  const text = header.slice(0, MAX_SHOWN_COLUMNS).join(',').slice(0, MAX_SHOWN_CHARACTERS);
  return withoutControls(JSON.stringify(text));
}

/** Control characters written as \u001b, so that a terminal shows them and does not obey. */
export function withoutControls(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Days a history may lie between; keeps a mistyped year out of the partitions. */
export const FIRST_DAY = '1900-01-01' as BusinessDate;
export const LAST_DAY = '2099-12-31' as BusinessDate;

const TIME_AFTER_DATE = /^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}/;
const NAMED_MONTH = /^([A-Z][a-z]{2}) (\d{1,2}),? (\d{4})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A day as `2013-02-08`, with a time after it (which is cut, not converted), or as `Feb 8 2013`.
 * Undefined for anything else: 02/08/2013 could be two days.
 */
export function readDateCell(text: string): BusinessDate | undefined {
  const date = parseBusinessDate(isoDateIn(text));
  return date === undefined || date < FIRST_DAY || date > LAST_DAY ? undefined : date;
}

function isoDateIn(text: string): string {
  const withTime = TIME_AFTER_DATE.exec(text);
  if (withTime?.[1] !== undefined) return withTime[1];
  const named = NAMED_MONTH.exec(text);
  if (!named) return text;
  const [, month = '', day = '', year] = named;
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  return `${year}-${number}-${day.padStart(2, '0')}`;
}
