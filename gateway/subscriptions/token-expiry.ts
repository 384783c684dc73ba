/** Calls back when a token expires, however far away that is. */

import type { Clock } from '#platform/clock';

/** setTimeout fires at once beyond this. */
const MAX_TIMER_MS = 2_147_483_647;

/** Returns how to forget about it. */
export function onExpiry(expiresAtMs: number, clock: Clock, expired: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const leftMs = expiresAtMs - clock.nowMs();
    if (leftMs <= 0) expired();
    else timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS));
  };
  timer = setTimeout(wait, 0);
  return () => clearTimeout(timer);
}
