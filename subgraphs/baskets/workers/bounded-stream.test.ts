import { describe, expect, test } from 'vitest';
import { latestPerKeyStream, queueStream } from './bounded-stream.ts';

const collect = async (items: AsyncIterator<string>, count: number) => {
  const found: unknown[] = [];
  for (let at = 0; at < count; at += 1) found.push((await items.next()).value);
  return found;
};
const ended: string[] = [];
const onEnd = () => void ended.push('ended');
const tooSlow = () => new Error('too slow');

describe('streams to subscribers', () => {
  test('the newest per key replaces the one that waits, and keeps its turn', async () => {
    const { items, push } = latestPerKeyStream<string>((item) => item.charAt(0), { onEnd });
    for (const item of ['a1', 'b1', 'a2', 'a3']) push(item);
    expect(await collect(items, 2)).toEqual(['a3', 'b1']);
    const waiting = items.next();
    push('c1');
    expect(await waiting).toEqual({ value: 'c1', done: false });
  });

  test('a queue keeps order, and fails once when it is full', async () => {
    ended.length = 0;
    const { items, push } = queueStream<string>(2, tooSlow, { onEnd });
    for (const item of ['1', '2', '3', '4']) push(item);
    expect(ended).toEqual(['ended']);
    await expect(items.next()).rejects.toThrow('too slow');
    expect(await items.next()).toEqual({ value: undefined, done: true });
  });

  test('return ends who waits and lets the source go, once', async () => {
    ended.length = 0;
    const { items, push } = queueStream<string>(2, tooSlow, { onEnd });
    const waiting = items.next();
    await items.return?.();
    await items.return?.();
    push('late');
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await items.next()).toEqual({ value: undefined, done: true });
    expect(ended).toEqual(['ended']);
  });
});
