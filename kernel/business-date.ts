/** Business dates: days without time or zone, as ISO text, so that text order is date order. */

export type BusinessDate = string & { readonly brand: 'BusinessDate' };

/** Outside of these years a date is a slip of the pen, and not every database column takes it. */
export const MIN_YEAR = 1800;
export const MAX_YEAR = 2999;

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const MS_PER_DAY = 86_400_000;

/** Undefined unless the text is a day of the years 1800 to 2999 that exists, such as 2024-02-29. */
export function parseBusinessDate(text: string): BusinessDate | undefined {
  const found = ISO_DATE.exec(text);
  if (!found) return undefined;
  const [, year, month, day] = found.map(Number) as [number, number, number, number];
  if (year < MIN_YEAR || year > MAX_YEAR) return undefined;
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth) return undefined;
  return text as BusinessDate;
}

/** Reads a date that our own code or database wrote; throws on anything else. */
export function businessDate(text: string): BusinessDate {
  const date = parseBusinessDate(text);
  if (date === undefined) throw new RangeError(`expected a date such as 2026-11-20, was "${text}"`);
  return date;
}

/** The UTC calendar day of an instant in epoch milliseconds. */
export function utcDateOf(epochMs: number): BusinessDate {
  return new Date(epochMs).toISOString().slice(0, 10) as BusinessDate;
}

export function addDays(date: BusinessDate, days: number): BusinessDate {
  return utcDateOf(startOfUtcDay(date) + days * MS_PER_DAY);
}

/** Calendar days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: BusinessDate, to: BusinessDate): number {
  return (startOfUtcDay(to) - startOfUtcDay(from)) / MS_PER_DAY;
}

/** Epoch milliseconds of midnight UTC at the start of the day. */
export function startOfUtcDay(date: BusinessDate): number {
  return Date.parse(`${date}T00:00:00Z`);
}

/** 1 is Monday, 7 is Sunday. */
export function isoWeekday(date: BusinessDate): number {
  return new Date(startOfUtcDay(date)).getUTCDay() || 7;
}
