/** How long to wait before trying again, and waiting that can be cut short. */

import { setTimeout as delay } from 'node:timers/promises';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Doubles per attempt from 1 on; half of it is random, so that those who failed together part. */
export function backoffMs(attempt: number, { firstMs, maxMs }: Backoff): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** (attempt - 1));
  return fullMs / 2 + (Math.random() * fullMs) / 2;
}

/** Resolves early when the signal is aborted; never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
