import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { orderUpdated } from '#kernel/topics/order-updated';
import { createMemoryEventLog, type MemoryEventLog } from '#platform/event-log/memory-event-log';
import { silentLogger } from '#platform/logger';
import type { NewRecord } from '#platform/ports';
import { planChange } from '../domain/order-change.ts';
import { submitted } from '../domain/order-example.ts';
import { orderId } from '../domain/order.ts';
import { recordsOf } from '../store/order-records.ts';
import { MAX_RECENT_UPDATES, type SequencedUpdate } from './topic-follower.ts';
import { createUpdateFeed, type UpdateFeed } from './update-feed.ts';

let eventLog: MemoryEventLog;
let feed: UpdateFeed;
let reads = 0;
let last = '0';

beforeEach(() => {
  reads = 0;
  eventLog = createMemoryEventLog();
  feed = createUpdateFeed({
    logger: silentLogger,
    lookEveryMs: 1,
    endOfLog: async () => {
      const records = await eventLog.readAfter(orderUpdated.topic, null, 1_000_000);
      last = records.at(-1)?.sequence ?? '1';
      return last;
    },
    eventLog: {
      readAfter: (...args) => {
        reads += 1;
        return eventLog.readAfter(...args);
      },
    },
  });
});
afterEach(async () => {
  await feed.stop();
  await eventLog.close();
});

const cause = { correlationId: 'c', causationId: null, user: 'u', atMs: 0 };
function record(id: string): NewRecord {
  const change = planChange(null, [submitted({ orderId: orderId(id) })]);
  const [first] = change === undefined ? [] : recordsOf(change, cause);
  if (first === undefined) throw new Error('no record');
  return first;
}
const append = (...ids: readonly string[]) => eventLog.append(ids.map(record));
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `O${from + n}`);

async function take(
  stream: AsyncIterator<SequencedUpdate>,
  count: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const { value, done } = await stream.next();
    if (done === true) break;
    ids.push(value.order.orderId);
  }
  return ids;
}

describe('OR-1 a stream of order updates', () => {
  test('begins now, and tells what comes', async () => {
    await append('before');
    const stream = feed.subscribe(() => true, null);
    const first = stream.next();
    // The position is taken before anything else can be written.
    await new Promise(setImmediate);
    await append('O1', 'O2');
    expect((await first).value?.order.orderId).toBe('O1');
    expect(await take(stream, 1)).toEqual(['O2']);
  });

  test('passes from the past to the present without a gap or a repetition', async () => {
    await append(...numbers(1, 1_200));
    const stream = feed.subscribe(() => true, '0');
    const early = await take(stream, 700);
    await append(...numbers(1_201, 1_300));
    const late = await take(stream, 600);
    expect([...early, ...late]).toEqual(numbers(1, 1_300));
  });

  test('a reader far behind what is kept in memory misses nothing', async () => {
    const watcher = feed.subscribe(() => true, null);
    const slow = feed.subscribe(() => true, null);
    await take(watcher, 0);
    await new Promise(setImmediate);
    const all = numbers(1, MAX_RECENT_UPDATES + 1_000);
    const firstOfSlow = slow.next();
    for (let n = 0; n < all.length; n += 500) await append(...all.slice(n, n + 500));
    expect(await take(watcher, all.length)).toEqual(all);
    expect((await firstOfSlow).value?.order.orderId).toBe('O1');
    expect(await take(slow, all.length - 1)).toEqual(all.slice(1));
  });

  test('many readers share one look at the topic', async () => {
    const streams = Array.from({ length: 50 }, () => feed.subscribe(() => true, null));
    const firsts = streams.map((stream) => stream.next());
    await new Promise((resolve) => setTimeout(resolve, 20));
    const readsBefore = reads;
    await append('O1');
    await Promise.all(firsts);
    expect(reads - readsBefore).toBeLessThan(25);
  });

  test('filters, and ends at once when it is given up while it waits', async () => {
    const stream = feed.subscribe(({ order }) => order.orderId === 'O2', null);
    const first = stream.next();
    await new Promise(setImmediate);
    await append('O1', 'O2', 'O3');
    expect((await first).value?.order.orderId).toBe('O2');
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  test('ends when the feed stops, and looks no more', async () => {
    const stream = feed.subscribe(() => true, null);
    const waiting = stream.next();
    await feed.stop();
    expect(await waiting).toEqual({ value: undefined, done: true });
    const readsBefore = reads;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(reads).toBe(readsBefore);
  });

  test('sleeps without readers, and wakes for the next one', async () => {
    const first = feed.subscribe(() => true, null);
    const nothing = first.next();
    await first.return?.();
    await nothing;
    await append('O1');
    const second = feed.subscribe(() => true, '0');
    expect(await take(second, 1)).toEqual(['O1']);
    await append('O2');
    expect(await take(second, 1)).toEqual(['O2']);
  });
});
