/** Waits until what was said about another process or connection has become true. */

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 5;

export async function eventually(
  isTrue: () => boolean | Promise<boolean>,
  { withinMs = 10_000 } = {},
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) {
      throw new Error(`not true within ${withinMs} ms: ${isTrue.toString()}`);
    }
    await delay(POLL_MS);
  }
}
