/** What an EventLog does when a handler fails: redelivery, dead letters, patience with outages. */

import { expect, test } from 'vitest';
import { partitionOf } from '#kernel/partition';
import { eventually } from './eventually.ts';
import { ascending, type EventLogStage, noting, recordOf, valueOf } from './event-log-stage.ts';

export function testFailures(stage: EventLogStage): void {
  test('redelivers a failed batch until it goes well', async () => {
    const attempts: number[][] = [];
    await stage.consume(async (records) => {
      attempts.push(records.map(valueOf));
      if (attempts.length < 3) throw new Error('not yet');
    });
    await stage.append(['a', 1], ['a', 2]);
    await eventually(() => attempts.length === 3);
    expect(attempts).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(await stage.log.deadLetters({ topic: stage.topic, limit: 10 })).toEqual([]);
  });

  test('buries the poison record with its reason, and the others of the batch go on', async () => {
    const handled = new Set<number>();
    const consumer = await stage.consume(
      async (records) => {
        if (records.some((record) => valueOf(record) === 2)) {
          throw new Error('bad value', { cause: new Error('2 is not allowed') });
        }
        for (const record of records) handled.add(valueOf(record));
      },
      { maxAttempts: 2 },
    );
    await stage.append(['a', 1], ['a', 2], ['a', 3]);
    await stage.append(['a', 4]);
    await eventually(async () => handled.size === 3 && (await consumer.lag()) === 0);
    expect(ascending([...handled])).toEqual([1, 3, 4]);
    const letters = await stage.log.deadLetters({ topic: stage.topic, group: 'group', limit: 10 });
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      group: 'group',
      record: { ...recordOf(stage.topic, 'a', 2), partition: partitionOf('a') },
      reason: 'Error: bad value <- Error: 2 is not allowed',
      attempts: 4,
    });
    const ofOthers = { topic: stage.topic, group: 'other', limit: 10 };
    expect(await stage.log.deadLetters(ofOthers)).toEqual([]);
  });

  test('tries a dead letter once more on request, and keeps it when it fails again', async () => {
    let complaint: string | undefined = 'first';
    const { seen, handle } = noting();
    await stage.consume(
      async (records, signal) => {
        if (complaint !== undefined) throw new Error(complaint);
        await handle(records, signal);
      },
      { maxAttempts: 1 },
    );
    await stage.append(['a', 1]);
    const letters = () => stage.log.deadLetters({ topic: stage.topic, limit: 10 });
    await eventually(async () => (await letters()).length === 1);
    const [letter] = await letters();
    complaint = 'second';
    expect(await stage.log.retryDeadLetter(letter?.id ?? '')).toBe(true);
    await eventually(async () => (await letters())[0]?.reason === 'Error: second');
    expect((await letters())[0]?.attempts).toBe(2);
    complaint = undefined;
    expect(await stage.log.retryDeadLetter(letter?.id ?? '')).toBe(true);
    await eventually(async () => (await letters()).length === 0);
    expect(seen).toEqual([letter?.record]);
    expect(await stage.log.retryDeadLetter(letter?.id ?? '')).toBe(false);
    expect(await stage.log.retryDeadLetter('no such letter')).toBe(false);
  });

  test('an outage of a dependency buries nothing, however often it is tried', async () => {
    let isAway = true;
    let attempts = 0;
    const { seen, handle } = noting();
    await stage.consume(
      async (records, signal) => {
        attempts += 1;
        if (isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
        await handle(records, signal);
      },
      { maxAttempts: 1 },
    );
    await stage.append(['a', 1]);
    await eventually(() => attempts >= 3);
    isAway = false;
    await eventually(() => seen.length === 1);
    expect(await stage.log.deadLetters({ topic: stage.topic, limit: 10 })).toEqual([]);
  });
}
