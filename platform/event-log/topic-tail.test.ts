import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { integer, payload } from '#kernel/topics/reading';
import { pause } from '#platform/backoff';
import { silentLogger } from '#platform/logger';
import type { EventLog, LogRecord, NewRecord } from '#platform/ports';
import { createMemoryEventLog, type MemoryEventLog } from './memory-event-log.ts';
import { EVENTS_PER_READ, MAX_RECENT_EVENTS, type TailEvent } from './tail-reader.ts';
import { createTopicTail, type TopicTail } from './topic-tail.ts';

const TOPIC = 'values';
const eventType = {
  topic: TOPIC,
  parse: (value: unknown) => integer(payload(value), 'value'),
};

let log: MemoryEventLog;
let tail: TopicTail<number>;
let reads: number;
/** What the next reads of the log do instead. */
let insteads: (() => Promise<readonly LogRecord[]>)[];

/** A tenth of the time: what is tried again later is tried again soon. */
const shortPause = (ms: number, signal?: AbortSignal) => pause(ms / 10, signal);

function tailOver(changes: Partial<EventLog> = {}, waiting = shortPause): TopicTail<number> {
  const eventLog = {
    end: () => log.end(),
    onNews: log.onNews,
    readAfter: (topic: string, after: string | null, limit: number) => {
      reads += 1;
      return insteads.shift()?.() ?? log.readAfter(topic, after, limit);
    },
    ...changes,
  };
  return createTopicTail({ eventLog, eventType, logger: silentLogger, pause: waiting });
}

beforeEach(() => {
  log = createMemoryEventLog();
  reads = 0;
  insteads = [];
  tail = tailOver();
});
afterEach(async () => {
  await tail.close();
  await log.close();
});

const record = (value: number | string): NewRecord => ({
  topic: TOPIC,
  key: `key-${value}`,
  type: 'ValueSet',
  version: 1,
  payload: { value },
  correlationId: `correlation-${value}`,
  causationId: null,
});
const append = (...values: readonly (number | string)[]) => log.append(values.map(record));
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const fromNow = () => tail.follow({ after: null });

async function takeEvents(stream: AsyncIterator<TailEvent<number>>, count: number) {
  const taken: TailEvent<number>[] = [];
  while (taken.length < count) {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('the stream ended');
    taken.push(value);
  }
  return taken;
}

const take = async (stream: AsyncIterator<TailEvent<number>>, count: number) =>
  (await takeEvents(stream, count)).map(({ event }) => event);

/** Until whatever is ready now has been read. */
const settle = () => pause(20);

describe('streams at the tail of a topic', () => {
  test('begin with what comes after they were opened, read at once or later', async () => {
    await append(...range(1, 3));
    const stream = await fromNow();
    await append(4, 5, 6);
    const seen = await takeEvents(stream, 3);
    expect(seen.map(({ event }) => event)).toEqual([4, 5, 6]);
    const [first] = await log.readAfter(TOPIC, '0', 1_000).then((all) => all.slice(3));
    expect(seen[0]).toEqual({
      sequence: first?.sequence,
      recordedAtMs: first?.recordedAtMs,
      correlationId: 'correlation-4',
      event: 4,
    });
  });

  test('resume after any event, however its sequence is written', async () => {
    await append(...range(1, 10));
    const seen = await takeEvents(await tail.follow({ after: '0' }), 10);
    const after = seen[6]?.sequence ?? '';
    expect(await take(await tail.follow({ after }), 3)).toEqual([8, 9, 10]);
    expect(await take(await tail.follow({ after: `000${after}` }), 3)).toEqual([8, 9, 10]);
  });

  test.each(['', '-1', 'yesterday'])('are not opened after %j', async (after) => {
    await expect(tail.follow({ after })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('pass from the past to the present without a gap or a repetition', async () => {
    await append(...range(1, 1_200));
    const stream = await tail.follow({ after: '0' });
    const early = await take(stream, 700);
    await append(...range(1_201, 1_300));
    expect([...early, ...(await take(stream, 600))]).toEqual(range(1, 1_300));
  });

  test('fall behind the memory and still miss nothing', async () => {
    const [fast, slow] = [await fromNow(), await fromNow()];
    const [first] = await Promise.all([slow.next(), append(1)]);
    expect(first.value?.event).toBe(1);
    const total = MAX_RECENT_EVENTS + 3 * EVENTS_PER_READ;
    await append(...range(2, total));
    expect(await take(fast, total)).toEqual(range(1, total));
    expect(await take(slow, total - 1)).toEqual(range(2, total));
    await append(total + 1);
    expect(await take(slow, 1)).toEqual([total + 1]);
  });

  test('show what is wanted only', async () => {
    const stream = await tail.follow({ after: null, wants: (value) => value % 2 === 0 });
    await append(...range(1, 4));
    expect(await take(stream, 2)).toEqual([2, 4]);
  });

  test('pass over a record that cannot be read', async () => {
    const streams = [await fromNow(), await tail.follow({ after: '0' })];
    await append(1, 'two', 3);
    for (const stream of streams) expect(await take(stream, 2)).toEqual([1, 3]);
  });
});

describe('the reader behind the streams', () => {
  test('is one, however many streams there are', async () => {
    const streams = await Promise.all(range(1, 50).map(fromNow));
    const taken = streams.map((stream) => take(stream, 20));
    for (const value of range(1, 20)) await append(value);
    for (const each of await Promise.all(taken)) expect(each).toEqual(range(1, 20));
    const late = streams.map((stream) => take(stream, 1));
    await settle();
    const readsBefore = reads;
    await append(21);
    await Promise.all(late);
    expect(readsBefore).toBeLessThan(40);
    expect(reads - readsBefore).toBeLessThan(5);
  });

  test('wakes for news alone', async () => {
    await tail.close();
    // Only a pause that nothing can end does.
    tail = tailOver({}, (ms, signal) =>
      signal === undefined
        ? pause(ms)
        : new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              resolve();
            });
          }),
    );
    const stream = await fromNow();
    for (const value of range(1, 5)) {
      const [event] = await Promise.all([take(stream, 1), settle().then(() => append(value))]);
      expect(event).toEqual([value]);
    }
    // They may also come while a read is on its way that has just missed the record.
    insteads.push(async () => {
      await append(7);
      return [];
    });
    await append(6);
    expect(await take(stream, 2)).toEqual([6, 7]);
  });

  test('serves the past also when it had to wait for the end of the log', async () => {
    await tail.close();
    await append(1);
    tail = tailOver({
      end: async () => {
        await settle();
        return log.end();
      },
    });
    expect(await take(await tail.follow({ after: '0' }), 1)).toEqual([1]);
  });

  test('polls in case no news arrive', async () => {
    await tail.close();
    tail = tailOver({ onNews: () => () => undefined });
    const stream = await fromNow();
    const waiting = take(stream, 1);
    await settle();
    await append(1);
    expect(await waiting).toEqual([1]);
  });

  test('takes a burst of news in few reads', async () => {
    const stream = await fromNow();
    const taken = take(stream, 200);
    await settle();
    const readsBefore = reads;
    for (const value of range(1, 200)) {
      await append(value);
      if (value % 20 === 0) await pause(1);
    }
    expect(await taken).toEqual(range(1, 200));
    expect(reads - readsBefore).toBeLessThan(25);
  });

  test('goes on when the log was away for a while, for streams far behind too', async () => {
    const away = () => Promise.reject(new Error('away'));
    await append(...range(1, 3));
    const stream = await fromNow();
    const behind = await tail.follow({ after: '0' });
    const taken = [take(stream, 2), take(behind, 5)];
    insteads.push(away, away, away);
    await append(4, 5);
    expect(await Promise.all(taken)).toEqual([[4, 5], range(1, 5)]);
    expect(insteads).toEqual([]);
  });

  test('sleeps without streams, and wakes for the next one', async () => {
    const first = await fromNow();
    const nothing = first.next();
    await settle();
    await first.return?.();
    expect(await nothing).toEqual({ value: undefined, done: true });
    await settle();
    expect(tail.followers).toBe(0);
    const readsBefore = reads;
    await append(1);
    await settle();
    expect(reads).toBe(readsBefore);
    const second = await tail.follow({ after: '0' });
    expect(await take(second, 1)).toEqual([1]);
    await append(2);
    expect(await take(second, 1)).toEqual([2]);
    expect(tail.followers).toBe(1);
  });

  test('begins anew at the end after sleep, however much was written meanwhile', async () => {
    const first = await fromNow();
    const waiting = first.next();
    await settle();
    await first.return?.();
    await waiting;
    await settle();
    await append(...range(1, 10 * EVENTS_PER_READ));
    const readsBefore = reads;
    const second = await fromNow();
    const next = take(second, 1);
    await append(0);
    expect(await next).toEqual([0]);
    expect(reads - readsBefore).toBeLessThan(5);
  });
});

describe('a stream ends', () => {
  test('at once when it is given up while it waits', async () => {
    const stream = await fromNow();
    const waiting = stream.next();
    await settle();
    await stream.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('at once when it is given up while the log does not answer', async () => {
    await append(1);
    const other = await fromNow();
    const waitingOther = other.next();
    await settle();
    let answer: (records: readonly LogRecord[]) => void = () => undefined;
    const stream = await tail.follow({ after: '0' });
    insteads.push(() => new Promise((resolve) => (answer = resolve)));
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ value: undefined, done: true });
    answer([]);
    await append(2);
    expect((await waitingOther).value?.event).toBe(2);
    expect(tail.followers).toBe(1);
  });

  test('when the tail closes, which then reads no more', async () => {
    const streams = [await fromNow(), await tail.follow({ after: '0' }), await fromNow()];
    const pending = streams.slice(0, 2).map((stream) => stream.next());
    await settle();
    await tail.close();
    pending.push(...streams.slice(2).map((stream) => stream.next()), (await fromNow()).next());
    for (const each of await Promise.all(pending)) {
      expect(each).toEqual({ value: undefined, done: true });
    }
    expect(tail.followers).toBe(0);
    const readsBefore = reads;
    await append(1);
    await settle();
    expect(reads).toBe(readsBefore);
  });
});
