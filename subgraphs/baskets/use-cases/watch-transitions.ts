/** Transitions of baskets as they are committed. */

import type { BasketTransitioned } from '#kernel/topics/basket-transitions';
import type { TransitionFeed } from '../workers/transition-feed.ts';
import { checkedCodes } from './check-codes.ts';

/** Null codes: of all baskets. */
export function watchTransitions(
  { feed }: { readonly feed: Pick<TransitionFeed, 'subscribe'> },
  codes: readonly string[] | null,
): AsyncIterableIterator<BasketTransitioned> {
  return feed.subscribe(codes && checkedCodes(codes));
}
