import { expect, test } from 'vitest';
import { createFlushSchedule, type FlushSchedule } from './flush-schedule.ts';

/** Resolves with what was flushed when. */
function flushed(schedule: FlushSchedule, tookMs = 0): Promise<number> {
  return new Promise((resolve) => {
    schedule.add({
      flush: () => {
        const untilMs = performance.now() + tookMs;
        while (performance.now() < untilMs);
        resolve(performance.now());
      },
    });
  });
}

test('an idle loop writes in the same turn, all that waits together', async () => {
  const schedule = createFlushSchedule();
  const order: string[] = [];
  const both = Promise.all([flushed(schedule), flushed(schedule)]).then(() => order.push('flush'));
  const later = new Promise<void>((resolve) => {
    setImmediate(() => {
      order.push('next turn');
      resolve();
    });
  });
  await Promise.all([both, later]);
  expect(order).toEqual(['flush', 'next turn']);
  schedule.stop();
});

test('after a round that took long it waits before the next one', async () => {
  const schedule = createFlushSchedule(20);
  const first = await flushed(schedule, 10);
  // A timer may be a millisecond early.
  expect((await flushed(schedule)) - first).toBeGreaterThanOrEqual(18);
  schedule.stop();
});

test('stopped, it writes nothing and leaves no timer', async () => {
  const schedule = createFlushSchedule(20);
  await flushed(schedule, 10);
  let isFlushed = false;
  schedule.add({ flush: () => (isFlushed = true) });
  schedule.stop();
  schedule.add({ flush: () => (isFlushed = true) });
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(isFlushed).toBe(false);
});
