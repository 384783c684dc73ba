/** What every Cache must do, run over each implementation by the `cache-*.test.ts` files. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cache } from '#platform/ports';
import { eventually } from './eventually.ts';

export interface CacheContract {
  readonly name: string;
  readonly skipReason?: string | undefined;
  open(): Promise<{ readonly cache: Cache; close(): Promise<void> }>;
}

export function describeCache(contract: CacheContract): void {
  const { name, skipReason } = contract;
  describe.skipIf(skipReason !== undefined)(`PL Cache contract: ${name}`, () => {
    let cache: Cache;
    let close: () => Promise<void>;

    beforeAll(async () => {
      const opened = await contract.open();
      cache = opened.cache;
      close = () => opened.close();
    });
    afterAll(async () => {
      await close();
    });
    const newKey = (): string => `key-${randomUUID()}`;

    test('answers in the order asked, undefined for what it does not have', async () => {
      const [first, second] = [newKey(), newKey()];
      const value = { text: 'äöü 😀:{"}', list: [1.5, null, true], inner: { a: '1' } };
      await cache.setMany([
        { key: first, value, version: 1n },
        { key: second, value: null, version: 1n },
      ]);
      expect(await cache.getMany([second, 'absent', first, first])).toEqual([
        null,
        undefined,
        value,
        value,
      ]);
      expect(await cache.getMany([])).toEqual([]);
      await cache.setMany([]);
    });

    test.each([
      { stored: 5n, offered: 6n, isTaken: true },
      { stored: 5n, offered: 5n, isTaken: false },
      { stored: 5n, offered: 4n, isTaken: false },
      { stored: 9n, offered: 10n, isTaken: true },
      { stored: 10n, offered: 9n, isTaken: false },
      { stored: 0n, offered: 1n, isTaken: true },
      { stored: 2n ** 70n, offered: 2n ** 70n + 1n, isTaken: true },
      { stored: 2n ** 70n + 1n, offered: 2n ** 70n, isTaken: false },
    ])('version $offered over $stored: taken is $isTaken', async ({ stored, offered, isTaken }) => {
      const key = newKey();
      await cache.setMany([{ key, value: 'stored', version: stored }]);
      await cache.setMany([{ key, value: 'offered', version: offered }]);
      expect(await cache.getMany([key])).toEqual([isTaken ? 'offered' : 'stored']);
    });

    test('in one call the highest version of a key wins, whatever the order', async () => {
      const key = newKey();
      await cache.setMany([
        { key, value: 'b', version: 2n },
        { key, value: 'c', version: 3n },
        { key, value: 'a', version: 1n },
      ]);
      expect(await cache.getMany([key])).toEqual(['c']);
    });

    test('an entry goes when its time to live is over, its version with it', async () => {
      const [short, long] = [newKey(), newKey()];
      await cache.setMany([
        { key: short, value: 'short', version: 7n, ttlMs: 60 },
        { key: long, value: 'long', version: 7n, ttlMs: 60_000 },
      ]);
      expect(await cache.getMany([short, long])).toEqual(['short', 'long']);
      await eventually(async () => (await cache.getMany([short]))[0] === undefined);
      expect(await cache.getMany([long])).toEqual(['long']);
      await cache.setMany([{ key: short, value: 'older', version: 1n }]);
      expect(await cache.getMany([short])).toEqual(['older']);
    });

    test('takes and gives more keys at once than fit one command', async () => {
      const prefix = newKey();
      const entries = Array.from({ length: 1_201 }, (_, index) => ({
        key: `${prefix}-${index}`,
        value: index,
        version: 1n,
      }));
      await cache.setMany(entries);
      const found = await cache.getMany(entries.map(({ key }) => key));
      expect(found).toEqual(entries.map(({ value }) => value));
    });
  });
}
