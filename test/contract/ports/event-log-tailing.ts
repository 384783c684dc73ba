/** What an EventLog tells those who follow a topic on their own, without a group. */

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { type EventLogStage, range, recordOf, valueOf } from './event-log-stage.ts';

export function testTailing(stage: EventLogStage): void {
  const valuesAfter = async (after: string) =>
    (await stage.log.readAfter(stage.topic, after, 1_000)).map(valueOf);

  test('tells the end: what is committed later comes after it, and none before', async () => {
    await stage.append(...range(5).map((value) => [`key-${value}`, value] as const));
    // Transactions of other databases of the server hold the newest records back for a moment.
    await eventually(async () => (await valuesAfter(await stage.log.end())).length === 0);
    const ends: string[] = [];
    for (const value of range(20)) {
      ends.push(await stage.log.end());
      await stage.append([`key-${value % 3}`, 100 + value]);
    }
    await eventually(async () => (await valuesAfter('0')).length === 25);
    for (const [index, end] of ends.entries()) {
      const own = range(20 - index).map((value) => 100 + index + value);
      const seen = await valuesAfter(end);
      expect(seen.slice(-own.length)).toEqual(own);
    }
    expect(ends.map(BigInt)).toEqual(ends.map(BigInt).toSorted((a, b) => (a < b ? -1 : 1)));
  });

  /** News keep their order: when those of the marker have come, so have all before. */
  async function passMarker(): Promise<void> {
    const marker = `marker-${randomUUID()}`;
    let isTold = false;
    const stop = stage.log.onNews(marker, () => (isTold = true));
    // Repeated, for listening may begin a moment later.
    await eventually(async () => {
      await stage.appendRecord(recordOf(marker, 'a', 0));
      return isTold;
    });
    stop();
  }

  test('wakes for news of one topic, until it is told to stop', async () => {
    let wakes = 0;
    const stop = stage.log.onNews(stage.topic, () => (wakes += 1));
    await passMarker();
    const before = wakes;
    await stage.append(['a', 1], ['b', 2]);
    await stage.append(['a', 3]);
    await passMarker();
    expect(wakes).toBe(before + 2);
    stop();
    await stage.append(['a', 4]);
    await passMarker();
    expect(wakes).toBe(before + 2);
  });
}
