import { describe, expect, test } from 'vitest';
import { compareSequences, isAfter, LOG_START, positionOf, sequenceOf } from './log-position.ts';

describe('log position', () => {
  test('survives the way through its sequence', () => {
    const positions = [LOG_START, { xid: 745n, id: 1n }, { xid: 2n ** 63n, id: 2n ** 40n - 1n }];
    expect(positions.map((each) => positionOf(sequenceOf(each)))).toEqual(positions);
  });

  test('a later transaction comes later, whatever the identities', () => {
    const early = { xid: 745n, id: 900n };
    const late = { xid: 746n, id: 3n };
    expect(isAfter(late, early)).toBe(true);
    expect(isAfter(early, late)).toBe(false);
    expect(isAfter(early, early)).toBe(false);
    expect(compareSequences(sequenceOf(late), sequenceOf(early))).toBeGreaterThan(0);
    expect(compareSequences(sequenceOf(early), sequenceOf(late))).toBeLessThan(0);
    expect(compareSequences(sequenceOf(early), sequenceOf(early))).toBe(0);
    // As text alone the shorter one would come later.
    expect(compareSequences('9', '10')).toBeLessThan(0);
  });

  test.each(['', '-1', '1.5', 'abc', '1e9', '9'.repeat(33)])('refuses the sequence %j', (text) => {
    expect(() => positionOf(text)).toThrow('a sequence is decimal digits');
  });
});
