import { expect, test, vi } from 'vitest';
import { createEventQueue } from './event-queue.ts';
import { mapStream } from './stream.ts';

const twice = (value: number) => Promise.resolve(value * 2);

function queueOf(maxWaiting = 10) {
  const onReturn = vi.fn<() => void>();
  const queue = createEventQueue<number>({
    maxWaiting,
    overflow: () => new Error('too slow'),
    onReturn,
  });
  return { queue, onReturn };
}

test('a stream maps its events in order and ends with its source', async () => {
  const { queue } = queueOf();
  const onEnd = vi.fn<() => void>();
  const stream = mapStream(queue.events, twice, onEnd);
  queue.push(1);
  queue.push(2);
  queue.end();
  const seen = [];
  for await (const value of stream) seen.push(value);
  expect(seen).toEqual([2, 4]);
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test('a stream passes the error of its source on, and gives the source up', async () => {
  const { queue } = queueOf();
  const onEnd = vi.fn<() => void>();
  const stream = mapStream(queue.events, twice, onEnd);
  const pending = stream.next();
  queue.fail(new Error('gone'));
  await expect(pending).rejects.toThrow('gone');
  expect(onEnd).toHaveBeenCalledTimes(1);
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test('a stream whose event cannot be mapped throws and gives the source up', async () => {
  const { queue, onReturn } = queueOf();
  const stream = mapStream(queue.events, () => Promise.reject(new Error('no')));
  queue.push(1);
  await expect(stream.next()).rejects.toThrow('no');
  expect(onReturn).toHaveBeenCalledTimes(1);
});

test('return ends a stream that waits, and the source, once', async () => {
  const { queue, onReturn } = queueOf();
  const onEnd = vi.fn<() => void>();
  const stream = mapStream(queue.events, twice, onEnd);
  const pending = stream.next();
  await stream.return?.();
  await stream.return?.();
  expect(await pending).toEqual({ value: undefined, done: true });
  expect([onReturn.mock.calls.length, onEnd.mock.calls.length]).toEqual([1, 1]);
});

test('throw ends a stream that waits with the error, and the source', async () => {
  const { queue, onReturn } = queueOf();
  const stream = mapStream(queue.events, twice);
  const pending = stream.next();
  const thrown = stream.throw?.(new Error('over'));
  await expect(pending).rejects.toThrow('over');
  await expect(thrown).rejects.toThrow('over');
  expect(onReturn).toHaveBeenCalledTimes(1);
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test('a queue above its limit ends with its error after what waited', async () => {
  const { queue, onReturn } = queueOf(2);
  for (const event of [1, 2, 3]) queue.push(event);
  expect(onReturn).toHaveBeenCalledTimes(1);
  expect(await queue.events.next()).toEqual({ value: 1, done: false });
  expect(await queue.events.next()).toEqual({ value: 2, done: false });
  await expect(queue.events.next()).rejects.toThrow('too slow');
  expect(await queue.events.next()).toEqual({ value: undefined, done: true });
});
