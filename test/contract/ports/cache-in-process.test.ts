import { expect, test } from 'vitest';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { describeCache } from './cache-contract.ts';

describeCache({
  name: 'in process',
  open: async () => {
    const cache = createInProcessCache();
    return { cache, close: () => cache.close() };
  },
});

test('in process, the least recently read goes when the cache is full', async () => {
  const cache = createInProcessCache({ maxEntries: 2 });
  await cache.setMany([
    { key: 'a', value: 1, version: 1n },
    { key: 'b', value: 2, version: 1n },
  ]);
  await cache.getMany(['a']);
  await cache.setMany([{ key: 'c', value: 3, version: 1n }]);
  expect(await cache.getMany(['a', 'b', 'c'])).toEqual([1, undefined, 3]);
});
