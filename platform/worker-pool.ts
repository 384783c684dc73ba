/**
 * Threads for long calculations, so that requests never wait for them. The file of a pool exports
 * `handle`, made by `onThread` of worker-thread.ts.
 *
 * Threads start with the first task. A task waits for a thread, or runs on one, alone. It leaves by
 * its answer, by an error thrown on
 * the thread, or by its signal: then a waiting task is dropped, and under a running one the thread
 * is ended and another started. Closed: running tasks are broken off, nothing is taken.
 */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { PlatformError } from './errors.ts';
import type { Logger } from './logger.ts';
import { thrownOf, type ThreadAnswer } from './worker-thread.ts';

/** Of the threads, on Linux: the scheduler favors those who serve requests. */
const LOW_PRIORITY_NICENESS = 10;
const MIB_OF_YOUNG_OBJECTS = 64;

export interface WorkerPoolOptions {
  /** Of the pool, for messages. */
  readonly name: string;
  /** The TypeScript file; where everything is compiled, the `.js` beside it is taken. */
  readonly file: URL;
  readonly maxThreads: number;
  /** Tasks that wait for a thread; one more is refused with RATE_LIMITED. */
  readonly maxWaiting: number;
  /** What `threadData` answers on the threads. */
  readonly data?: unknown;
  /** Of one thread; beyond it the thread ends, and its task fails. */
  readonly maxMemoryMib: number;
  readonly logger: Logger;
}

export interface WorkerPool<Task, Answer> {
  /** Task and answer are copied. Throws what the work threw, or the reason of the signal. */
  run(task: Task, signal?: AbortSignal): Promise<Answer>;
  readonly waiting: number;
  close(): Promise<void>;
}

export function createWorkerPool<Task, Answer>(
  options: WorkerPoolOptions,
): WorkerPool<Task, Answer> {
  const { name, maxWaiting } = options;
  const closing = new AbortController();
  let threads: ReturnType<typeof startThreads<Task, Answer>> | undefined;

  return {
    async run(task, signal) {
      if (closing.signal.aborted) throw closed(name);
      threads ??= startThreads<Task, Answer>(options);
      if (threads.queueSize >= maxWaiting) {
        throw new PlatformError(
          'RATE_LIMITED',
          `expected at most ${maxWaiting} tasks waiting for ${name}, was one more`,
          { details: { limit: `${name}.maxWaiting` } },
        );
      }
      const given = signal === undefined ? [] : [signal];
      const ending = AbortSignal.any([closing.signal, ...given]);
      ending.throwIfAborted();
      let answer: ThreadAnswer<Answer>;
      try {
        answer = await threads.run(task, { signal: ending });
      } catch (error) {
        ending.throwIfAborted();
        throw error;
      }
      if ('value' in answer) return answer.value;
      throw thrownOf(answer.thrown);
    },

    get waiting() {
      return threads?.queueSize ?? 0;
    },

    async close() {
      closing.abort(closed(name));
      await threads?.destroy();
    },
  };
}

function startThreads<Task, Answer>(options: WorkerPoolOptions) {
  const isCompiled = import.meta.url.endsWith('.js');
  const file = fileURLToPath(options.file);
  const threads = new Piscina<Task, ThreadAnswer<Answer>>({
    filename: isCompiled ? file.replace(/\.ts$/, '.js') : file,
    name: 'handle',
    // Each thread registers tsx by itself: tests do not run under it.
    ...(isCompiled
      ? {}
      : { execArgv: ['--import', createRequire(import.meta.url).resolve('tsx')] }),
    // As many at all times: below, Piscina would leave waiting tasks alone after a thread's end.
    minThreads: options.maxThreads,
    maxThreads: options.maxThreads,
    // A signal ends the thread: no other task may be on it.
    concurrentTasksPerWorker: 1,
    maxQueue: options.maxWaiting + options.maxThreads,
    // An idle thread must not sleep on a lock: it has connections to keep.
    atomics: 'disabled',
    niceIncrement: process.platform === 'linux' ? LOW_PRIORITY_NICENESS : 0,
    resourceLimits: {
      maxOldGenerationSizeMb: options.maxMemoryMib,
      maxYoungGenerationSizeMb: MIB_OF_YOUNG_OBJECTS,
    },
    workerData: options.data,
  });
  // A thread that dies without a task, such as one whose file does not load.
  threads.on('error', (error: unknown) => {
    options.logger.error({ err: error, pool: options.name }, 'a worker thread failed');
  });
  return threads;
}

function closed(name: string): PlatformError {
  return new PlatformError('UPSTREAM_UNAVAILABLE', `${name} is closed`);
}
