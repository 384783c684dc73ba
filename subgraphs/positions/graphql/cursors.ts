/** Cursors of lists that are counted through. */

import type { PageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';

/** What an integer column holds. */
const MAX_VERSION = 2_147_483_647;

/** The number in the cursor; 0 for the start. Throws BAD_USER_INPUT on what no cursor has. */
export function versionAfter(page: PageRequest): number {
  const [text] = page.after ?? ['0'];
  const version = Number(text);
  if (Number.isSafeInteger(version) && version >= 0 && version <= MAX_VERSION) return version;
  throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
}
