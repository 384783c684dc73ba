/** The largest sums risk answers with: what every amount of the platform holds. */

import { PlatformError } from '#platform/errors';
import { MAX_WHOLE_DIGITS } from '#kernel/decimal';
import type { CurrencyCode } from '#kernel/money';

const FIRST_AMOUNT_BEYOND = 10 ** MAX_WHOLE_DIGITS;

/** Throws BAD_USER_INPUT naming the first of the sums, in units of `currency`, that is beyond. */
export function requireAmounts(
  sums: Readonly<Record<string, number | null>>,
  currency: CurrencyCode,
): void {
  for (const [name, sum] of Object.entries(sums)) {
    if (sum === null || Math.abs(sum) < FIRST_AMOUNT_BEYOND) continue;
    throw new PlatformError(
      'BAD_USER_INPUT',
      `of: expected a portfolio of less than 1e${MAX_WHOLE_DIGITS} ${currency}, ` +
        `was ${sum.toPrecision(3)} ${currency} in ${name}`,
      { details: { limit: 'MAX_WHOLE_DIGITS' } },
    );
  }
}
