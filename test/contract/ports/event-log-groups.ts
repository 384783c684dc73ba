/** How the members of a consumer group come, go, die and share the partitions. */

import { expect, onTestFinished, test } from 'vitest';
import type { ConsumerOptions, LogRecord } from '#platform/ports';
import { eventually } from './eventually.ts';
import {
  ascending,
  type EventLogContract,
  type EventLogStage,
  noting,
  range,
  valueOf,
} from './event-log-stage.ts';

export function testGroups(stage: EventLogStage, contract: EventLogContract): void {
  test('each group sees every record; a group that comes later starts where it says', async () => {
    const [first, second, late] = [noting(), noting(), noting()];
    await stage.consume(first.handle, { group: 'first' });
    await stage.consume(second.handle, { group: 'second' });
    await stage.append(['a', 1], ['b', 2]);
    await eventually(() => first.seen.length === 2 && second.seen.length === 2);
    await stage.consume(late.handle, { group: 'late', startAt: 'end' });
    await stage.append(['a', 3]);
    await eventually(() => late.seen.length > 0);
    expect(late.seen.map(valueOf)).toEqual([3]);
  });

  test('goes on after the last acknowledged record when a group comes back', async () => {
    const before = noting();
    const consumer = await stage.consume(before.handle);
    await stage.append(['a', 1], ['b', 2]);
    await eventually(() => before.seen.length === 2);
    await consumer.stop();
    await stage.append(['a', 3]);
    const after = noting();
    await stage.consume(after.handle, { startAt: 'beginning' });
    await eventually(() => after.seen.length > 0);
    await stage.append(['a', 4]);
    await eventually(() => after.seen.length >= 2);
    expect(after.seen.map(valueOf)).toEqual([3, 4]);
    expect(ascending(before.seen.map(valueOf))).toEqual([1, 2]);
  });

  test('lets the running handler finish when it stops, and acknowledges its batch', async () => {
    let begun = false;
    let finish: () => void = () => undefined;
    const consumer = await stage.consume(async () => {
      begun = true;
      await new Promise<void>((resolve) => (finish = resolve));
    });
    await stage.append(['a', 1]);
    await eventually(() => begun);
    let hasStopped = false;
    const stopping = consumer.stop().then(() => (hasStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasStopped).toBe(false);
    finish();
    await stopping;
    expect(await consumer.lag()).toBe(0);
  });

  test('tells the lag; a paused consumer lets it grow and works it off when resumed', async () => {
    const { seen, handle } = noting();
    const consumer = await stage.consume(handle);
    expect(await consumer.lag()).toBe(0);
    await stage.append(['a', 1]);
    await eventually(async () => (await consumer.lag()) === 0 && seen.length === 1);
    consumer.pause();
    await stage.append(['a', 2], ['b', 3], ['c', 4]);
    expect(await consumer.lag()).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen).toHaveLength(1);
    consumer.resume();
    await eventually(async () => (await consumer.lag()) === 0);
    expect(ascending(seen.map(valueOf))).toEqual([1, 2, 3, 4]);
  });

  test('two members share the partitions, and one takes all when the other stops', async () => {
    const keys = range(64).map((index) => `key-${index}`);
    const [left, right] = [noting(), noting()];
    await stage.consume(left.handle);
    const second = await stage.consume(right.handle);
    const parts = ({ seen }: { seen: LogRecord[] }) =>
      new Set(seen.map(({ partition }) => partition));
    // The first one had every partition; it hands half of them over as soon as it hears of it.
    let round = 0;
    await eventually(async () => {
      round += 1;
      left.seen.length = 0;
      right.seen.length = 0;
      await stage.append(...keys.map((key) => [key, round] as const));
      await eventually(() => left.seen.length + right.seen.length === keys.length);
      return parts(left).size === 8 && parts(right).size === 8;
    });
    expect(new Set([...parts(left), ...parts(right)]).size).toBe(16);

    await second.stop();
    left.seen.length = 0;
    await stage.append(...keys.map((key) => [key, -1] as const));
    await eventually(() => left.seen.length === keys.length);
    expect(parts(left).size).toBe(16);
  });

  test('a partition changes hands only after the batch in hand', async () => {
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
    const first = await stage.consume(slow);
    await stage.append(...keys.map((key) => [key, 1] as const));
    await eventually(() => busy.size === 16);
    const second = await stage.consume(slow);
    await stage.append(...keys.map((key) => [key, 2] as const));
    await new Promise((resolve) => setTimeout(resolve, 100));
    finish();
    await eventually(async () => (await first.lag()) === 0 && (await second.lag()) === 0);
    expect(overlaps).toBe(0);
  });

  test.runIf(contract.startMember)('redelivers what a killed member had in hand', async () => {
    await stage.append(['a', 1], ['a', 2]);
    const doomed = contract.startMember?.(stage.topic);
    onTestFinished(async () => doomed?.kill());
    expect([await doomed?.next(), await doomed?.next()]).toContain('holding 2');
    const { seen, handle } = noting();
    const consumer = await stage.consume(handle);
    await stage.append(['b', 3]);
    expect(await consumer.lag()).toBeGreaterThanOrEqual(2);
    await doomed?.kill();
    await eventually(async () => (await consumer.lag()) === 0);
    expect(ascending(seen.map(valueOf))).toEqual([1, 2, 3]);
  });
}
