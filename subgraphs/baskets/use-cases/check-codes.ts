/** Lists of basket codes as callers give them. */

import { PlatformError } from '#platform/errors';
import { normalizedCode } from './load-reference.ts';

export const MAX_CODES = 500;

/** In upper case; throws BAD_USER_INPUT on more than 500. */
export function checkedCodes(codes: readonly string[]): readonly string[] {
  if (codes.length > MAX_CODES) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `codes: expected at most ${MAX_CODES}, was ${codes.length}`,
      { details: { limit: 'MAX_CODES' } },
    );
  }
  return codes.map(normalizedCode);
}
