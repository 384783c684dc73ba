import { expect, test } from 'vitest';
import { backoffMs, pause } from './backoff.ts';

test.each([
  { attempt: 1, least: 50, most: 100 },
  { attempt: 2, least: 100, most: 200 },
  { attempt: 4, least: 400, most: 800 },
  { attempt: 5, least: 500, most: 1000 },
  { attempt: 4000, least: 500, most: 1000 },
])('attempt $attempt waits between $least and $most ms', ({ attempt, least, most }) => {
  for (let sample = 0; sample < 200; sample += 1) {
    const waitMs = backoffMs(attempt, { firstMs: 100, maxMs: 1000 });
    expect(waitMs).toBeGreaterThanOrEqual(least);
    expect(waitMs).toBeLessThanOrEqual(most);
  }
});

test('a pause ends when its signal is aborted, before or meanwhile', async () => {
  const stop = new AbortController();
  const waiting = pause(60_000, stop.signal);
  stop.abort();
  await waiting;
  await pause(60_000, stop.signal);
  expect(stop.signal.aborted).toBe(true);
});
