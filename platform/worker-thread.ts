/** The other side of worker-pool.ts: what runs on a thread. */

import { workerData } from 'node:worker_threads';
import { type ErrorCode, PlatformError } from './errors.ts';

/** An error as it crosses threads: copying it would leave its code behind. */
export interface Thrown {
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a driver, or of Node. */
  readonly code: string | undefined;
  /** Set when it was a PlatformError. */
  readonly platformCode: ErrorCode | undefined;
}

export type ThreadAnswer<Value> = { readonly value: Value } | { readonly thrown: Thrown };

/** What the pool was given as `data`. */
export function threadData(): unknown {
  return workerData;
}

/** Makes the `handle` that the file of a pool exports. */
export function onThread<Task, Value>(
  work: (task: Task) => Promise<Value>,
): (task: Task) => Promise<ThreadAnswer<Value>> {
  return async (task) => {
    try {
      return { value: await work(task) };
    } catch (error) {
      return { thrown: describe(error) };
    }
  };
}

function describe(error: unknown): Thrown {
  if (!(error instanceof Error)) {
    return { message: String(error), stack: undefined, code: undefined, platformCode: undefined };
  }
  return {
    message: error.message,
    stack: error.stack,
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    platformCode: error instanceof PlatformError ? error.code : undefined,
  };
}

/** The error again, with the code by which an outage is told from a fault. */
export function thrownOf({ message, stack, code, platformCode }: Thrown): Error {
  if (platformCode !== undefined) return new PlatformError(platformCode, message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
