import { describe, expect, test } from 'vitest';
import { createReplaySlots, MAX_REPLAYS_AT_ONCE, MAX_REPLAYS_WAITING } from './replay-slots.ts';

function deferred() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('slots of replays', () => {
  test('let a few run at once and the others wait for them', async () => {
    const slots = createReplaySlots();
    let running = 0;
    let most = 0;
    const works = Array.from({ length: 3 * MAX_REPLAYS_AT_ONCE }, () =>
      slots.run(async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
      }),
    );
    await Promise.all(works);
    expect([most, running]).toEqual([MAX_REPLAYS_AT_ONCE, 0]);
  });

  test('refuse one more than may wait, and take it when there is room again', async () => {
    const slots = createReplaySlots();
    const { promise, resolve } = deferred();
    const works = Array.from({ length: MAX_REPLAYS_AT_ONCE + MAX_REPLAYS_WAITING }, () =>
      slots.run(() => promise),
    );
    await expect(slots.run(() => promise)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: 'MAX_REPLAYS_WAITING' },
    });
    resolve();
    await Promise.all(works);
    expect(await slots.run(() => Promise.resolve('in'))).toBe('in');
  });

  test('are free again after a replay that fails', async () => {
    const slots = createReplaySlots();
    for (let index = 0; index <= MAX_REPLAYS_AT_ONCE; index += 1) {
      await expect(slots.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    }
  });
});
