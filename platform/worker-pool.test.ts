import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOutage } from './outage.ts';
import { silentLogger } from './logger.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';
import type { TestTask } from './worker-pool-test-thread.ts';

const open = (maxThreads = 1, maxWaiting = 2): WorkerPool<TestTask, unknown> =>
  createWorkerPool({
    name: 'test threads',
    file: new URL('./worker-pool-test-thread.ts', import.meta.url),
    maxThreads,
    maxWaiting,
    maxMemoryMib: 64,
    data: { greeting: 'hello' },
    logger: silentLogger,
  });

let tasksMade = 0;

/** A task that holds its thread for good, and a promise that it has begun. */
function busy() {
  tasksMade += 1;
  const tell = `busy-${process.pid}-${tasksMade}`;
  const count = new SharedArrayBuffer(4);
  const channel = new BroadcastChannel(tell);
  const begun = new Promise<void>((resolve) => {
    channel.addEventListener('message', () => {
      channel.close();
      resolve();
    });
  });
  const task: TestTask = { do: 'count for ever', tell, count };
  return { task, begun, counted: () => Atomics.load(new Int32Array(count), 0) };
}

describe('a worker pool', () => {
  let pool: WorkerPool<TestTask, unknown>;
  beforeAll(() => {
    pool = open();
  });
  afterAll(() => pool.close());

  test('runs TypeScript with our imports on a thread, and copies bigints', async () => {
    expect(await pool.run({ do: 'add', a: 2n, b: '1.50' })).toBe('1.52');
    expect(await pool.run({ do: 'tell thread' })).not.toBe(0);
  });

  test('gives its threads the data it was made with', async () => {
    expect(await pool.run({ do: 'tell data' })).toEqual({ greeting: 'hello' });
  });

  test('throws what the work threw, and outages stay outages', async () => {
    const failing = pool.run({ do: 'throw', code: 'ECONNRESET' });
    await expect(failing).rejects.toThrow('the connection broke');
    await expect(failing.catch(isOutage)).resolves.toBe(true);
    await expect(pool.run({ do: 'throw', code: '23505' }).catch(isOutage)).resolves.toBe(false);
    await expect(pool.run({ do: 'throw ours' })).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      message: 'somebody was faster',
    });
  });

  test('fails the task under which a thread dies, and goes on with another thread', async () => {
    await expect(pool.run({ do: 'die' })).rejects.toThrow('7');
    expect(await pool.run({ do: 'add', a: 1n, b: '1' })).toBe('11');
  });

  test('ends the thread under a task that is given up, at once', async () => {
    const { task, begun, counted } = busy();
    const giveUp = new AbortController();
    const running = pool.run(task, giveUp.signal);
    await begun;
    giveUp.abort(new Error('too late'));
    await expect(running).rejects.toThrow('too late');
    // The next one finds a thread, though the work before never ends by itself.
    expect(await pool.run({ do: 'add', a: 0n, b: '0' })).toBe('00');
    const before = counted();
    expect(await pool.run({ do: 'add', a: 0n, b: '0' })).toBe('00');
    expect(counted()).toBe(before);
  });

  test('drops a task that is given up while it waits, and one given up before', async () => {
    const { task, begun } = busy();
    const giveUp = new AbortController();
    const running = pool.run(task, giveUp.signal);
    await begun;
    const impatience = new AbortController();
    const waiting = pool.run({ do: 'add', a: 0n, b: '0' }, impatience.signal);
    expect(pool.waiting).toBe(1);
    impatience.abort(new Error('changed my mind'));
    await expect(waiting).rejects.toThrow('changed my mind');
    expect(pool.waiting).toBe(0);
    await expect(
      pool.run({ do: 'tell thread' }, AbortSignal.abort(new Error('never mind'))),
    ).rejects.toThrow('never mind');
    giveUp.abort(new Error('done'));
    await expect(running).rejects.toThrow('done');
  });

  test('refuses what goes beyond its queue, naming the limit', async () => {
    const { task, begun } = busy();
    const giveUp = new AbortController();
    const running = pool.run(task, giveUp.signal);
    await begun;
    const waiting = [1, 2].map(() => pool.run({ do: 'add', a: 1n, b: '1' }));
    await expect(pool.run({ do: 'add', a: 1n, b: '1' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: 'test threads.maxWaiting' },
    });
    giveUp.abort(new Error('make room'));
    await expect(running).rejects.toThrow('make room');
    expect(await Promise.all(waiting)).toEqual(['11', '11']);
  });
});

describe('the end of a worker pool', () => {
  test('breaks off what runs and what waits, and takes nothing more', async () => {
    const pool = open();
    const { task, begun } = busy();
    const running = pool.run(task);
    await begun;
    const waiting = pool.run({ do: 'tell thread' });
    const ended = Promise.allSettled([running, waiting]);
    await pool.close();
    for (const each of await ended) {
      expect(each).toMatchObject({ reason: { message: 'test threads is closed' } });
    }
    await expect(pool.run({ do: 'tell thread' })).rejects.toThrow('test threads is closed');
  });

  test('costs nothing when no task ever came', async () => {
    await expect(open().close()).resolves.toBeUndefined();
  });
});
