/** What the tests of worker-pool.ts let a thread do. */

import { BroadcastChannel, threadId } from 'node:worker_threads';
import { decimal, formatDecimal } from '#kernel/decimal';
import { PlatformError } from './errors.ts';
import { onThread, threadData } from './worker-thread.ts';

export type TestTask =
  | { readonly do: 'add'; readonly a: bigint; readonly b: string }
  | { readonly do: 'tell thread' }
  | { readonly do: 'tell data' }
  | { readonly do: 'throw'; readonly code: string }
  | { readonly do: 'throw ours' }
  | { readonly do: 'die' }
  | { readonly do: 'count for ever'; readonly tell: string; readonly count: SharedArrayBuffer };

export const handle = onThread((task: TestTask): Promise<unknown> => {
  switch (task.do) {
    case 'add':
      return Promise.resolve(formatDecimal(decimal(task.b)) + String(task.a));
    case 'tell thread':
      return Promise.resolve(threadId);
    case 'tell data':
      return Promise.resolve(threadData());
    case 'throw':
      throw Object.assign(new Error('the connection broke'), { code: task.code });
    case 'throw ours':
      throw new PlatformError('VERSION_CONFLICT', 'somebody was faster');
    case 'die':
      process.exit(7);
    case 'count for ever': {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- there is no window
      new BroadcastChannel(task.tell).postMessage('begun');
      const counter = new Int32Array(task.count);
      for (;;) Atomics.add(counter, 0, 1);
    }
  }
});
