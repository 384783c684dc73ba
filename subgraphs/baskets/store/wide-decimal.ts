/** Divisors as text: 24 places, as the columns hold them. */

import { type Divisor, divisor, DIVISOR_PLACES } from '../domain/index-level.ts';

const FORM = /^(\d+)(?:\.(\d+))?$/;

export function divisorText(value: Divisor): string {
  const digits = String(value).padStart(DIVISOR_PLACES + 1, '0');
  return `${digits.slice(0, -DIVISOR_PLACES)}.${digits.slice(-DIVISOR_PLACES)}`;
}

/** Throws on text that is no positive number of at most 24 places. */
export function divisorOf(text: string): Divisor {
  const [, whole, fraction = ''] = FORM.exec(text) ?? [];
  if (whole === undefined || fraction.length > DIVISOR_PLACES) {
    throw new RangeError(`expected a divisor, was "${text}"`);
  }
  return divisor(BigInt(whole + fraction.padEnd(DIVISOR_PLACES, '0')));
}
