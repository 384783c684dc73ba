import { describe, expect, test } from 'vitest';
import { createWriteQueues } from './write-queues.ts';

/** Batches are written when the test says so. */
function createWriting({ places = 1, maxBatch = 4, partitions = 3 } = {}) {
  const batches: (readonly string[])[] = [];
  const ends: (() => void)[] = [];
  const queues = createWriteQueues<string>({
    partitions,
    maxBatch,
    places,
    write(batch) {
      batches.push(batch);
      return new Promise((resolve) => ends.push(resolve));
    },
  });
  return {
    queues,
    batches,
    /** Ends the oldest batch that is being written, and lets the next ones begin. */
    async end() {
      ends.shift()?.();
      await settled();
    },
  };
}

/** What is to happen by itself has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

describe('the queues of the writers', () => {
  test('put what came in one turn into one batch, of all partitions', async () => {
    const { queues, batches } = createWriting();
    queues.push(0, 'a1');
    queues.push(2, 'c1');
    queues.push(0, 'a2');
    expect(batches).toEqual([]);
    await settled();
    expect(batches).toEqual([['a1', 'a2', 'c1']]);
  });

  test('let what arrives meanwhile be the next batch', async () => {
    const { queues, batches, end } = createWriting();
    queues.push(0, 'a1');
    await settled();
    queues.push(1, 'b1');
    queues.push(0, 'a2');
    await settled();
    expect(batches).toEqual([['a1']]);
    await end();
    expect(batches).toEqual([['a1'], ['b1', 'a2']]);
  });

  test('never write a partition twice at once', async () => {
    const { queues, batches, end } = createWriting({ places: 2 });
    queues.push(0, 'a1');
    await settled();
    queues.push(0, 'a2');
    queues.push(1, 'b1');
    await settled();
    expect(batches).toEqual([['a1'], ['b1']]);
    await end();
    expect(batches).toEqual([['a1'], ['b1'], ['a2']]);
  });

  test('write full batches from several places, in order within a partition', async () => {
    const { queues, batches, end } = createWriting({ places: 2 });
    for (let n = 0; n < 6; n += 1) queues.push(0, `a${n}`);
    for (let n = 0; n < 3; n += 1) queues.push(1, `b${n}`);
    await settled();
    expect(batches).toEqual([
      ['a0', 'a1', 'a2', 'a3'],
      ['b0', 'b1', 'b2'],
    ]);
    await end();
    expect(batches.at(-1)).toEqual(['a4', 'a5']);
  });

  test('begin elsewhere each time, so that a busy partition starves nobody', async () => {
    const { queues, batches, end } = createWriting({ maxBatch: 2 });
    for (let n = 0; n < 40; n += 1) queues.push(0, `a${n}`);
    queues.push(1, 'b1');
    queues.push(2, 'c1');
    await settled();
    await end();
    await end();
    expect(batches.flat()).toEqual(expect.arrayContaining(['b1', 'c1']));
  });

  test('tell the first of each partition, and when all is written', async () => {
    const { queues, end } = createWriting();
    await queues.drained();
    queues.push(0, 'a1');
    await settled();
    queues.push(0, 'a2');
    queues.push(0, 'a3');
    queues.push(1, 'b1');
    expect(queues.heads()).toEqual(['a2', 'b1']);
    let isDrained = false;
    const drained = queues.drained().finally(() => {
      isDrained = true;
    });
    await end();
    expect(isDrained).toBe(false);
    await end();
    await drained;
    expect(queues.heads()).toEqual([]);
  });
});
