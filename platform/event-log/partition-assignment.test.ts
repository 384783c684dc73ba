import { expect, test } from 'vitest';
import { PARTITION_COUNT } from '#kernel/partition';
import { partitionsOf } from './partition-assignment.ts';

test.each([1, 2, 3, 5, 16, 20])('%i members have every partition exactly once', (count) => {
  const members = Array.from({ length: count }, (_, index) => `member-${index}`);
  const shares = members.map((member) => partitionsOf(member, members.toReversed()));
  expect(shares.flat().sort((a, b) => a - b)).toEqual(
    Array.from({ length: PARTITION_COUNT }, (_, partition) => partition),
  );
  const sizes = shares.map((share) => share.length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
});

test('who is not a member has no partition', () => {
  expect(partitionsOf('stranger', ['a', 'b'])).toEqual([]);
});
