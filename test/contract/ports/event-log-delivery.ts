/** How an EventLog hands records over: whole, in order per key, in batches, and again. */

import { expect, test } from 'vitest';
import { partitionOf } from '#kernel/partition';
import type { NewRecord } from '#platform/ports';
import { eventually } from './eventually.ts';
import { type EventLogStage, noting, range, recordOf, valueOf } from './event-log-stage.ts';

export function testDelivery(stage: EventLogStage): void {
  test('hands every field of a record over, with its partition, sequence and time', async () => {
    const { seen, handle } = noting();
    await stage.consume(handle);
    const sent: NewRecord = {
      ...recordOf(stage.topic, 'ACC-1|AAPL', 7),
      version: 3,
      causationId: 'cause-1',
      payload: { text: 'äöü 😀 {"}', list: [1, 2.5, null], inner: { flag: true } },
    };
    const beforeMs = Date.now();
    await stage.appendRecord(sent);
    await eventually(() => seen.length === 1);
    expect(seen[0]).toMatchObject({ ...sent, partition: partitionOf('ACC-1|AAPL') });
    expect(seen[0]?.sequence).toMatch(/^\d+$/);
    expect(Math.abs((seen[0]?.recordedAtMs ?? 0) - beforeMs)).toBeLessThan(5_000);
  });

  test('keeps the order of each key, over batches and appends', async () => {
    const keys = range(20).map((index) => `key-${index}`);
    const seen = new Map<string, number[]>();
    for (const start of [0, 10]) {
      for (const value of range(10)) {
        await stage.append(...keys.map((key) => [key, start + value] as const));
      }
      if (start > 0) continue;
      await stage.consume(
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
    await stage.append(...range(25).map((value) => ['one-key', value] as const));
    const sizes: number[] = [];
    let running = 0;
    let runningMax = 0;
    await stage.consume(
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
    const slowKey = 'slow';
    const fastKey = range(100)
      .map((index) => `fast-${index}`)
      .find((key) => partitionOf(key) !== partitionOf(slowKey));
    let finishSlow: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (finishSlow = resolve));
    const fast: number[] = [];
    await stage.consume(async (records) => {
      if (records.some(({ key }) => key === slowKey)) await slow;
      else fast.push(...records.map(valueOf));
    });
    await stage.append([slowKey, 0], [fastKey ?? '', 1]);
    await stage.append([fastKey ?? '', 2]);
    await eventually(() => fast.length === 2);
    expect(fast).toEqual([1, 2]);
    finishSlow();
  });

  test('reads a topic on from a sequence, in order, up to a limit', async () => {
    expect(await stage.log.readAfter(stage.topic, null, 10)).toEqual([]);
    for (const value of range(10)) await stage.append([`key-${value % 3}`, value]);
    const readAll = () => stage.log.readAfter(stage.topic, null, 100);
    // Transactions of other databases of the server hold the newest records back for a moment.
    await eventually(async () => (await readAll()).length === 10);
    const all = await readAll();
    expect(all.map(valueOf)).toEqual(range(10));
    const sequences = all.map(({ sequence }) => BigInt(sequence));
    expect(sequences).toEqual([...sequences].sort((a, b) => (a < b ? -1 : 1)));
    const some = await stage.log.readAfter(stage.topic, all[3]?.sequence ?? null, 4);
    expect(some.map(valueOf)).toEqual([4, 5, 6, 7]);
    await expect(stage.log.readAfter(stage.topic, 'x', 1)).rejects.toThrow('decimal digits');
  });
}
