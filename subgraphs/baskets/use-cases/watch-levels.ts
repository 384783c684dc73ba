/** Levels of baskets as they are published, beginning with the current ones. */

import { PlatformError } from '#platform/errors';
import type { LevelHub, PublishedLevel } from '../workers/level-hub.ts';
import { checkedCodes, MAX_CODES } from './check-codes.ts';

export function watchLevels(
  { hub }: { readonly hub: Pick<LevelHub, 'subscribe'> },
  codes: readonly string[],
): AsyncIterableIterator<PublishedLevel> {
  if (codes.length === 0) {
    throw new PlatformError('BAD_USER_INPUT', `codes: expected 1 to ${MAX_CODES}, was 0`);
  }
  return hub.subscribe(checkedCodes(codes));
}
