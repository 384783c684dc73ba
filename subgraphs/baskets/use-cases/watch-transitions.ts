/** Transitions of baskets as they are committed. */

import type { BasketTransitioned } from '#kernel/topics/basket-transitions';
import type { TailEvent } from '#platform/event-log/tail-reader';
import type { TopicTail } from '#platform/event-log/topic-tail';
import { checkedCodes } from './check-codes.ts';

export type ToldTransition = TailEvent<BasketTransitioned>;

export interface WatchTransitionsDeps {
  readonly transitions: Pick<TopicTail<BasketTransitioned>, 'follow'>;
}

/** Null codes: of all baskets. Null `after`: those that commit once this has resolved. */
export function watchTransitions(
  { transitions }: WatchTransitionsDeps,
  { codes, after }: { readonly codes: readonly string[] | null; readonly after: string | null },
): Promise<AsyncIterableIterator<ToldTransition>> {
  const wanted = codes && new Set(checkedCodes(codes));
  return transitions.follow({ after, wants: ({ code }) => wanted === null || wanted.has(code) });
}
