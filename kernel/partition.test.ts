import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PARTITION_COUNT, partitionOf } from './partition.ts';

// 32-bit FNV-1a of the published test vectors: "" 811c9dc5, "a" e40c292c, "foobar" bf9cf968.
test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('the key "%s" has the partition of its FNV-1a hash', (key, hash) => {
  expect(partitionOf(key)).toBe(hash % PARTITION_COUNT);
});

test('every key has one of the partitions', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      const partition = partitionOf(key);
      expect(partition >= 0 && partition < PARTITION_COUNT).toBe(true);
      expect(partitionOf(key)).toBe(partition);
    }),
  );
});

test('keys of one form spread over all partitions', () => {
  const counts = Array.from({ length: PARTITION_COUNT }, () => 0);
  for (let index = 0; index < 16_000; index += 1) {
    const partition = partitionOf(`BOOK-1|ACC-${index}|ins_AAPL`);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(Math.max(...counts)).toBeLessThan(1_200);
});
