/**
 * Exact decimals: a bigint counting units of 1e-8. Every amount, price, quantity, weight and rate
 * is one of these; the brands in money.ts say which.
 */

export type Decimal = bigint & { readonly decimal: true };

export const DECIMAL_PLACES = 8;
export const DECIMAL_UNIT = 100_000_000n;
/** Whole digits accepted at the border: 20, so that a product of two still fits numeric(60). */
export const MAX_WHOLE_DIGITS = 20;

export const ZERO = 0n as Decimal;
export const ONE = DECIMAL_UNIT as Decimal;

export type ParsedDecimal<T extends bigint = Decimal> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const PLAIN_DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;
const MAX_SHOWN_CHARACTERS = 40;

/**
 * Reads plain decimal notation such as `187.50` or `-3`, without rounding.
 *
 * Refuses exponents, NaN, infinities, more than 20 whole digits and more than 8 decimal places
 * (trailing zeros beyond the eighth are harmless and accepted).
 */
export function parseDecimal(text: string): ParsedDecimal {
  const found = PLAIN_DECIMAL.exec(text);
  if (!found) return notDecimal('a plain decimal such as "187.50"', text);
  const [, sign, whole = '', fraction = ''] = found;
  const wholeDigits = whole.replace(/^0+(?=\d)/, '');
  if (wholeDigits.length > MAX_WHOLE_DIGITS) {
    return notDecimal(`at most ${MAX_WHOLE_DIGITS} whole digits`, text);
  }
  const kept = fraction.replace(/0+$/, '');
  if (kept.length > DECIMAL_PLACES) {
    return notDecimal(`at most ${DECIMAL_PLACES} decimal places`, text);
  }
  const magnitude =
    BigInt(wholeDigits) * DECIMAL_UNIT + BigInt(kept.padEnd(DECIMAL_PLACES, '0') || '0');
  return { ok: true, value: (sign === '-' ? -magnitude : magnitude) as Decimal };
}

function notDecimal(expected: string, found: string): ParsedDecimal {
  const shown =
    found.length > MAX_SHOWN_CHARACTERS ? `${found.slice(0, MAX_SHOWN_CHARACTERS)}…` : found;
  return { ok: false, message: `expected ${expected}, was "${shown}"` };
}

/** Reads a decimal that our own code or database wrote; throws on anything else. */
export function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (!parsed.ok) throw new RangeError(parsed.message);
  return parsed.value;
}

/** Shortest exact text: no exponent, no trailing zeros, no negative zero. */
export function formatDecimal(value: bigint): string {
  const magnitude = value < 0n ? -value : value;
  const whole = magnitude / DECIMAL_UNIT;
  const fraction = magnitude % DECIMAL_UNIT;
  const sign = value < 0n ? '-' : '';
  if (fraction === 0n) return `${sign}${whole}`;
  const digits = fraction.toString().padStart(DECIMAL_PLACES, '0').replace(/0+$/, '');
  return `${sign}${whole}.${digits}`;
}

/** `numerator / denominator` rounded half-even to a whole number. Throws on a zero denominator. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new RangeError('division by zero');
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const quotient = top / bottom;
  const twice = (top % bottom) * 2n;
  const roundsUp = twice > bottom || (twice === bottom && (quotient & 1n) === 1n);
  const magnitude = roundsUp ? quotient + 1n : quotient;
  return negative ? -magnitude : magnitude;
}

/** Product of two decimals, rounded half-even once to 1e-8. */
export function multiply(a: bigint, b: bigint): Decimal {
  return divideHalfEven(a * b, DECIMAL_UNIT) as Decimal;
}

/** Quotient of two decimals, rounded half-even once to 1e-8. Throws on a zero divisor. */
export function divide(a: bigint, b: bigint): Decimal {
  return divideHalfEven(a * DECIMAL_UNIT, b) as Decimal;
}

/** Rounds half-even to `places` decimal places (0 to 8), for minor units of a currency. */
export function roundTo(value: bigint, places: number): Decimal {
  const step = 10n ** BigInt(DECIMAL_PLACES - places);
  return (divideHalfEven(value, step) * step) as Decimal;
}

/** The nearest float64: for statistics and charts only, never back into money. */
export function toNumber(value: bigint): number {
  return Number(formatDecimal(value));
}

/**
 * A float64 statistic as a decimal, rounded half-even to 1e-8 of its shortest text.
 * Throws on NaN, infinities and magnitudes of 1e20 and above.
 */
export function fromNumber(value: number): Decimal {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e20) {
    throw new RangeError(`expected a finite number below 1e20, was ${value}`);
  }
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + DECIMAL_PLACES;
  const magnitude =
    shift >= 0 ? digits * 10n ** BigInt(shift) : divideHalfEven(digits, 10n ** BigInt(-shift));
  return (value < 0 ? -magnitude : magnitude) as Decimal;
}
