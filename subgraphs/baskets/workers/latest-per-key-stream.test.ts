import { describe, expect, test } from 'vitest';
import { latestPerKeyStream } from './latest-per-key-stream.ts';

function open() {
  let ends = 0;
  const onEnd = () => void (ends += 1);
  const stream = latestPerKeyStream<string>((item) => item.charAt(0), { onEnd });
  return { ...stream, ends: () => ends };
}

describe('a stream of the newest per key', () => {
  test('replaces the one that waits, which keeps its turn', async () => {
    const { items, push } = open();
    for (const item of ['a1', 'b1', 'a2', 'a3']) push(item);
    expect([(await items.next()).value, (await items.next()).value]).toEqual(['a3', 'b1']);
    const waiting = items.next();
    push('c1');
    expect(await waiting).toEqual({ value: 'c1', done: false });
  });

  test('return ends who waits and lets the source go, once', async () => {
    const { items, push, ends } = open();
    const waiting = items.next();
    await items.return?.();
    await items.return?.();
    push('late');
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await items.next()).toEqual({ value: undefined, done: true });
    expect(ends()).toBe(1);
  });
});
