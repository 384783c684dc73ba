import { expect, test, vi } from 'vitest';
import type { Flushable } from './flush-schedule.ts';
import type { FrameOutlet } from './frame-outlet.ts';
import { FrameQueue } from './frame-queue.ts';

const LIMITS = { conflateAboveBytes: 20_000, maxQueuedBytes: 40_000 };
const KILOBYTE = 'x'.repeat(1_000);

/** A queue over a connection that takes what it is given, or nothing while it is full. */
function queueOver() {
  const connection = { isFull: false, unsent: 0, written: [] as string[] };
  let waiting: string[] = [];
  let drained = () => undefined as void;
  const length = () => waiting.reduce((sum, each) => sum + each.length, 0);
  const outlet: FrameOutlet = {
    add: (start, rest) => {
      waiting.push(start + rest);
    },
    length,
    unsent: () => connection.unsent,
    isFull: () => connection.isFull,
    write: () => {
      connection.written.push(...waiting);
      waiting = [];
    },
    clear: () => {
      waiting = [];
    },
    onDrain: (then) => {
      drained = then;
      return () => {
        drained = () => undefined;
      };
    },
  };
  const scheduled: Flushable[] = [];
  const tooSlow = vi.fn<() => void>();
  const skipped = vi.fn<() => void>();
  const schedule = { add: (each: Flushable) => scheduled.push(each), stop: () => undefined };
  const queue = new FrameQueue({ outlet, schedule, limits: LIMITS, tooSlow, skipped });
  return {
    queue,
    connection,
    tooSlow,
    skipped,
    flush: () => {
      for (const each of scheduled.splice(0)) each.flush();
    },
    drain: () => {
      connection.isFull = false;
      drained();
    },
    starts: () => connection.written.map((message) => message.replace(KILOBYTE, '')),
  };
}

test('what waits is written in order by one flush', () => {
  const { queue, flush, starts } = queueOver();
  for (const start of ['a', 'b', 'c']) queue.push(start, KILOBYTE);
  expect(starts()).toEqual([]);
  flush();
  expect(starts()).toEqual(['a', 'b', 'c']);
});

test('a full connection is left alone until it has drained', () => {
  const { queue, connection, flush, drain, starts } = queueOver();
  connection.isFull = true;
  queue.push('a', KILOBYTE);
  flush();
  expect(starts()).toEqual([]);
  drain();
  expect(starts()).toEqual(['a']);
});

test('a client that is behind gets the newest of each slot, after what waited', () => {
  const { queue, connection, drain, skipped, tooSlow, starts } = queueOver();
  connection.isFull = true;
  const [apple, pear] = [{}, {}];
  for (let count = 1; count <= 20; count++) queue.pushNewest(apple, `old${count} `, KILOBYTE);
  for (let count = 1; count <= 30; count++) {
    queue.pushNewest(apple, `apple${count}`, KILOBYTE);
    queue.pushNewest(pear, `pear${count}`, KILOBYTE);
    queue.push(`must${count}`, '');
  }
  expect(skipped).toHaveBeenCalledTimes(58);
  expect(tooSlow).not.toHaveBeenCalled();
  drain();
  expect(starts().slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => `old${i + 1} `));
  expect(starts().slice(20, 50)).toEqual(Array.from({ length: 30 }, (_, i) => `must${i + 1}`));
  expect(starts().slice(50)).toEqual(['apple30', 'pear30']);
});

test('nothing of a slot that was forgotten is written', () => {
  const { queue, connection, drain, starts } = queueOver();
  connection.isFull = true;
  const [apple, pear] = [{}, {}];
  for (let count = 1; count <= 21; count++) queue.push('', KILOBYTE);
  queue.pushNewest(apple, 'apple', KILOBYTE);
  queue.pushNewest(pear, 'pear', KILOBYTE);
  queue.forget(apple);
  drain();
  expect(starts().at(-1)).toBe('pear');
  expect(starts()).not.toContain('apple');
});

test('what must not be skipped closes the socket above the limit, and nothing is kept', () => {
  const { queue, connection, drain, tooSlow, starts } = queueOver();
  connection.isFull = true;
  for (let count = 1; count <= 60; count++) queue.push(`${count}`, KILOBYTE);
  expect(tooSlow).toHaveBeenCalledTimes(1);
  drain();
  expect(starts()).toEqual([]);
});

test('bytes the connection has not taken count as queued', () => {
  const { queue, connection, skipped } = queueOver();
  connection.isFull = true;
  connection.unsent = 10_000;
  const slot = {};
  for (let count = 1; count <= 20; count++) queue.pushNewest(slot, '', KILOBYTE);
  expect(skipped).toHaveBeenCalled();
});

test('after closing nothing is written or scheduled', () => {
  const { queue, flush, starts, tooSlow } = queueOver();
  queue.push('a', KILOBYTE);
  queue.close();
  queue.push('b', KILOBYTE);
  queue.flushAll();
  flush();
  expect(starts()).toEqual([]);
  expect(tooSlow).not.toHaveBeenCalled();
});
