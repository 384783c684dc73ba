/** What every EventLog must do, run over each implementation by the `event-log-*.test.ts` files. */

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { partitionOf } from '#kernel/partition';
import type { Consumer, ConsumerOptions, EventLog, LogRecord, NewRecord } from '#platform/ports';
import type { Doomed } from './doomed.ts';
import { eventually } from './eventually.ts';

export interface EventLogUnderTest {
  readonly log: EventLog;
  append(records: readonly NewRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface EventLogContract {
  readonly name: string;
  open(): Promise<EventLogUnderTest>;
  /** Another process of the group `group` that takes a batch and hangs; where there can be one. */
  readonly startMember?: (topic: string) => Doomed;
  /** Why this one cannot run here; undefined when it can. */
  readonly skipReason?: string | undefined;
}

export function recordOf(topic: string, key: string, value: number): NewRecord {
  return {
    topic,
    key,
    type: 'ValueSet',
    version: 1,
    payload: { value },
    correlationId: `correlation-${value}`,
    causationId: null,
  };
}

export function valueOf({ payload }: LogRecord): number {
  return (payload as { value: number }).value;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

export function describeEventLog(contract: EventLogContract): void {
  const { name, skipReason } = contract;
  describe.skipIf(skipReason !== undefined)(`PL EventLog contract: ${name}`, () => {
    let under: EventLogUnderTest;
    let topic: string;
    const consumers: Consumer[] = [];

    beforeAll(async () => {
      under = await contract.open();
    });
    afterAll(async () => {
      await under.close();
    });
    afterEach(async () => {
      await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
    });

    const newTopic = (): string => {
      topic = `topic-${randomUUID()}`;
      return topic;
    };
    const append = (...values: readonly (readonly [string, number])[]) =>
      under.append(values.map(([key, value]) => recordOf(topic, key, value)));
    async function consume(
      handle: ConsumerOptions['handle'],
      options: Partial<ConsumerOptions> = {},
    ): Promise<Consumer> {
      const consumer = await under.log.consume({ topic, group: 'group', handle, ...options });
      consumers.push(consumer);
      return consumer;
    }
    /** A handler that notes what it was given. */
    function noting(): { seen: LogRecord[]; handle: ConsumerOptions['handle'] } {
      const seen: LogRecord[] = [];
      return { seen, handle: async (records) => void seen.push(...records) };
    }

    test('hands every field of a record over, with its partition, sequence and time', async () => {
      newTopic();
      const { seen, handle } = noting();
      await consume(handle);
      const sent: NewRecord = {
        ...recordOf(topic, 'ACC-1|AAPL', 7),
        version: 3,
        causationId: 'cause-1',
        payload: { text: 'äöü 😀 {"}', list: [1, 2.5, null], inner: { flag: true } },
      };
      const beforeMs = Date.now();
      await under.append([sent]);
      await eventually(() => seen.length === 1);
      expect(seen[0]).toMatchObject({ ...sent, partition: partitionOf('ACC-1|AAPL') });
      expect(seen[0]?.sequence).toMatch(/^\d+$/);
      expect(Math.abs((seen[0]?.recordedAtMs ?? 0) - beforeMs)).toBeLessThan(5_000);
    });

    test('keeps the order of each key, over batches and appends', async () => {
      newTopic();
      const keys = range(20).map((index) => `key-${index}`);
      const seen = new Map<string, number[]>();
      for (const start of [0, 10]) {
        for (const value of range(10)) {
          await append(...keys.map((key) => [key, start + value] as const));
        }
        if (start > 0) continue;
        await consume(
          async (records) => {
            for (const record of records) {
              seen.set(record.key, [...(seen.get(record.key) ?? []), valueOf(record)]);
            }
          },
          { maxBatch: 3 },
        );
      }
      await eventually(() => [...seen.values()].flat().length === 400);
      expect([...seen.keys()].sort()).toEqual([...keys].sort());
      for (const values of seen.values()) expect(values).toEqual(range(20));
    });

    test('hands over at most maxBatch records of one partition, one batch at a time', async () => {
      newTopic();
      await append(...range(25).map((value) => ['one-key', value] as const));
      const sizes: number[] = [];
      let running = 0;
      let runningMax = 0;
      await consume(
        async (records) => {
          running += 1;
          runningMax = Math.max(runningMax, running);
          sizes.push(records.length);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
        },
        { maxBatch: 10 },
      );
      await eventually(() => sizes.length === 3);
      expect(sizes).toEqual([10, 10, 5]);
      expect(runningMax).toBe(1);
    });

    test('a slow partition does not hold up the others', async () => {
      newTopic();
      const slowKey = 'slow';
      const fastKey = range(100)
        .map((index) => `fast-${index}`)
        .find((key) => partitionOf(key) !== partitionOf(slowKey));
      let finishSlow: () => void = () => undefined;
      const slow = new Promise<void>((resolve) => (finishSlow = resolve));
      const fast: number[] = [];
      await consume(async (records) => {
        if (records.some(({ key }) => key === slowKey)) await slow;
        else fast.push(...records.map(valueOf));
      });
      await append([slowKey, 0], [fastKey ?? '', 1]);
      await append([fastKey ?? '', 2]);
      await eventually(() => fast.length === 2);
      expect(fast).toEqual([1, 2]);
      finishSlow();
    });

    test('each group sees every record; a group that comes later starts where it says', async () => {
      newTopic();
      const [first, second, late] = [noting(), noting(), noting()];
      await consume(first.handle, { group: 'first' });
      await consume(second.handle, { group: 'second' });
      await append(['a', 1], ['b', 2]);
      await eventually(() => first.seen.length === 2 && second.seen.length === 2);
      await consume(late.handle, { group: 'late', startAt: 'end' });
      await append(['a', 3]);
      await eventually(() => late.seen.length > 0);
      expect(late.seen.map(valueOf)).toEqual([3]);
    });

    test('goes on after the last acknowledged record when a group comes back', async () => {
      newTopic();
      const before = noting();
      const consumer = await consume(before.handle);
      await append(['a', 1], ['b', 2]);
      await eventually(() => before.seen.length === 2);
      await consumer.stop();
      await append(['a', 3]);
      const after = noting();
      await consume(after.handle, { startAt: 'beginning' });
      await eventually(() => after.seen.length > 0);
      await append(['a', 4]);
      await eventually(() => after.seen.length >= 2);
      expect(after.seen.map(valueOf)).toEqual([3, 4]);
      expect(ascending(before.seen.map(valueOf))).toEqual([1, 2]);
    });

    test('lets the running handler finish when it stops, and acknowledges its batch', async () => {
      newTopic();
      let begun = false;
      let finish: () => void = () => undefined;
      const consumer = await consume(async () => {
        begun = true;
        await new Promise<void>((resolve) => (finish = resolve));
      });
      await append(['a', 1]);
      await eventually(() => begun);
      let hasStopped = false;
      const stopping = consumer.stop().then(() => (hasStopped = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect(hasStopped).toBe(false);
      finish();
      await stopping;
      expect(await consumer.lag()).toBe(0);
    });

    test('redelivers a failed batch until it goes well', async () => {
      newTopic();
      const attempts: number[][] = [];
      await consume(async (records) => {
        attempts.push(records.map(valueOf));
        if (attempts.length < 3) throw new Error('not yet');
      });
      await append(['a', 1], ['a', 2]);
      await eventually(() => attempts.length === 3);
      expect(attempts).toEqual([[1, 2], [1, 2], [1, 2]]);
      expect(await under.log.deadLetters({ topic, limit: 10 })).toEqual([]);
    });

    test('buries the poison record with its reason, and the others of the batch go on', async () => {
      newTopic();
      const handled = new Set<number>();
      const consumer = await consume(
        async (records) => {
          if (records.some((record) => valueOf(record) === 2)) {
            throw new Error('bad value', { cause: new Error('2 is not allowed') });
          }
          for (const record of records) handled.add(valueOf(record));
        },
        { maxAttempts: 2 },
      );
      await append(['a', 1], ['a', 2], ['a', 3]);
      await append(['a', 4]);
      await eventually(async () => handled.size === 3 && (await consumer.lag()) === 0);
      expect(ascending([...handled])).toEqual([1, 3, 4]);
      const letters = await under.log.deadLetters({ topic, group: 'group', limit: 10 });
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({
        group: 'group',
        record: { ...recordOf(topic, 'a', 2), partition: partitionOf('a') },
        reason: 'Error: bad value <- Error: 2 is not allowed',
        attempts: 4,
      });
      expect(await under.log.deadLetters({ topic, group: 'other', limit: 10 })).toEqual([]);
    });

    test('tries a dead letter once more on request, and keeps it when it fails again', async () => {
      newTopic();
      let complaint: string | undefined = 'first';
      const { seen, handle } = noting();
      await consume(
        async (records, signal) => {
          if (complaint !== undefined) throw new Error(complaint);
          await handle(records, signal);
        },
        { maxAttempts: 1 },
      );
      await append(['a', 1]);
      const letters = () => under.log.deadLetters({ topic, limit: 10 });
      await eventually(async () => (await letters()).length === 1);
      const [letter] = await letters();
      complaint = 'second';
      expect(await under.log.retryDeadLetter(letter?.id ?? '')).toBe(true);
      await eventually(async () => (await letters())[0]?.reason === 'Error: second');
      expect((await letters())[0]?.attempts).toBe(2);
      complaint = undefined;
      expect(await under.log.retryDeadLetter(letter?.id ?? '')).toBe(true);
      await eventually(async () => (await letters()).length === 0);
      expect(seen).toEqual([letter?.record]);
      expect(await under.log.retryDeadLetter(letter?.id ?? '')).toBe(false);
      expect(await under.log.retryDeadLetter('no such letter')).toBe(false);
    });

    test('an outage of a dependency buries nothing, however often it is tried', async () => {
      newTopic();
      let isAway = true;
      let attempts = 0;
      const { seen, handle } = noting();
      await consume(
        async (records, signal) => {
          attempts += 1;
          if (isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
          await handle(records, signal);
        },
        { maxAttempts: 1 },
      );
      await append(['a', 1]);
      await eventually(() => attempts >= 3);
      isAway = false;
      await eventually(() => seen.length === 1);
      expect(await under.log.deadLetters({ topic, limit: 10 })).toEqual([]);
    });

    test('tells the lag; a paused consumer lets it grow and works it off when resumed', async () => {
      newTopic();
      const { seen, handle } = noting();
      const consumer = await consume(handle);
      expect(await consumer.lag()).toBe(0);
      await append(['a', 1]);
      await eventually(async () => (await consumer.lag()) === 0 && seen.length === 1);
      consumer.pause();
      await append(['a', 2], ['b', 3], ['c', 4]);
      expect(await consumer.lag()).toBe(3);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(seen).toHaveLength(1);
      consumer.resume();
      await eventually(async () => (await consumer.lag()) === 0);
      expect(ascending(seen.map(valueOf))).toEqual([1, 2, 3, 4]);
    });

    test('two members share the partitions without overlap, and one takes all when the other stops', async () => {
      newTopic();
      const keys = range(64).map((index) => `key-${index}`);
      const [left, right] = [noting(), noting()];
      await consume(left.handle);
      const second = await consume(right.handle);
      const parts = ({ seen }: { seen: LogRecord[] }) =>
        new Set(seen.map(({ partition }) => partition));
      // The first one had every partition; it hands half of them over as soon as it hears of it.
      let round = 0;
      await eventually(async () => {
        round += 1;
        left.seen.length = 0;
        right.seen.length = 0;
        await append(...keys.map((key) => [key, round] as const));
        await eventually(() => left.seen.length + right.seen.length === keys.length);
        return parts(left).size === 8 && parts(right).size === 8;
      });
      expect(new Set([...parts(left), ...parts(right)]).size).toBe(16);

      await second.stop();
      left.seen.length = 0;
      await append(...keys.map((key) => [key, -1] as const));
      await eventually(() => left.seen.length === keys.length);
      expect(parts(left).size).toBe(16);
    });

    test('a partition changes hands only after the batch in hand', async () => {
      newTopic();
      const keys = range(64).map((index) => `key-${index}`);
      const busy = new Set<number>();
      let overlaps = 0;
      let finish: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (finish = resolve));
      const slow: ConsumerOptions['handle'] = async ([record]) => {
        const partition = record?.partition ?? -1;
        if (busy.has(partition)) overlaps += 1;
        busy.add(partition);
        await held;
        busy.delete(partition);
      };
      const first = await consume(slow);
      await append(...keys.map((key) => [key, 1] as const));
      await eventually(() => busy.size === 16);
      const second = await consume(slow);
      await append(...keys.map((key) => [key, 2] as const));
      await new Promise((resolve) => setTimeout(resolve, 100));
      finish();
      await eventually(async () => (await first.lag()) === 0 && (await second.lag()) === 0);
      expect(overlaps).toBe(0);
    });

    test.runIf(contract.startMember)('redelivers what a killed member had in hand', async () => {
      newTopic();
      await append(['a', 1], ['a', 2]);
      const doomed = contract.startMember?.(topic);
      onTestFinished(async () => doomed?.kill());
      expect([await doomed?.next(), await doomed?.next()]).toContain('holding 2');
      const { seen, handle } = noting();
      const consumer = await consume(handle);
      await append(['b', 3]);
      expect(await consumer.lag()).toBe(3);
      await doomed?.kill();
      await eventually(async () => (await consumer.lag()) === 0);
      expect(ascending(seen.map(valueOf))).toEqual([1, 2, 3]);
    });

    test('reads a topic on from a sequence, in order, up to a limit', async () => {
      newTopic();
      expect(await under.log.readAfter(topic, null, 10)).toEqual([]);
      for (const value of range(10)) await append([`key-${value % 3}`, value]);
      const readAll = () => under.log.readAfter(topic, null, 100);
      // Transactions of other databases of the server hold the newest records back for a moment.
      await eventually(async () => (await readAll()).length === 10);
      const all = await readAll();
      expect(all.map(valueOf)).toEqual(range(10));
      const sequences = all.map(({ sequence }) => BigInt(sequence));
      expect(sequences).toEqual([...sequences].sort((a, b) => (a < b ? -1 : 1)));
      const some = await under.log.readAfter(topic, all[3]?.sequence ?? null, 4);
      expect(some.map(valueOf)).toEqual([4, 5, 6, 7]);
      await expect(under.log.readAfter(topic, 'x', 1)).rejects.toThrow('decimal digits');
    });
  });
}
