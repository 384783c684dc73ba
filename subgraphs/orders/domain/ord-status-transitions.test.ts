import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXEC_TYPE_CODES, ORD_STATUS_CODES, ORD_STATUSES, type OrdStatus } from './fix-words.ts';
import { mayFollow, ORD_STATUS_TRANSITIONS } from './ord-status-transitions.ts';

/** The matrix by FIX's own codes of tag 39, one row per status: what it may become. */
const MATRIX: readonly (readonly [from: string, to: string])[] = [
  ['A', '0 8 1 2 4 C 6'],
  ['0', '1 2 4 C 3 9 7 6 E 8'],
  ['1', '2 4 C 3 9 6 E 0'],
  ['6', '4 C A 0 1 2'],
  ['E', '4 C 0 1 2'],
  ['9', '0 1 4 C'],
  ['3', 'B 0 1 4'],
  ['7', '1 2 4 C'],
  // To 0 by the bust of its only fill.
  ['2', '1 0 B'],
  ['B', ''],
  ['4', ''],
  ['8', ''],
  ['C', ''],
  ['5', ''],
];

const statusOf = (code: string): OrdStatus => {
  const found = ORD_STATUSES.find((each) => ORD_STATUS_CODES[each] === code);
  if (found === undefined) throw new Error(`no OrdStatus ${code}`);
  return found;
};

describe('OR-1 order states of FIX', () => {
  test.each(MATRIX)('from %s', (from, to) => {
    const expected = to.split(' ').filter(Boolean).map(statusOf);
    expect([...ORD_STATUS_TRANSITIONS[statusOf(from)]].sort()).toEqual(expected.sort());
  });

  test('every status has its row, and keeping a status is no transition', () => {
    expect(MATRIX.map(([from]) => statusOf(from)).sort()).toEqual([...ORD_STATUSES].sort());
    expect(ORD_STATUSES.every((status) => mayFollow(status, status))).toBe(true);
  });

  test('an order that ended stays ended', () => {
    const ended: readonly OrdStatus[] = ['CANCELED', 'REJECTED', 'EXPIRED'];
    expect(ended.flatMap((status) => ORD_STATUS_TRANSITIONS[status])).toEqual([]);
  });

  test('codes are unique', () => {
    for (const codes of [ORD_STATUS_CODES, EXEC_TYPE_CODES]) {
      expect(new Set(Object.values(codes)).size).toBe(Object.keys(codes).length);
    }
  });
});

test('OR-1 the diagram in the README shows the table, for the statuses in use', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const drawn = [...readme.matchAll(/^ {2}([A-Z_]+) --> ([A-Z_]+)$/gm)].map(
    ([, from, to]) => `${from} ${to}`,
  );
  const used = new Set(drawn.flatMap((edge) => edge.split(' ')));
  const tabled = ORD_STATUSES.filter((from) => used.has(from)).flatMap((from) =>
    ORD_STATUS_TRANSITIONS[from].filter((to) => used.has(to)).map((to) => `${from} ${to}`),
  );
  expect(used.size).toBe(9);
  expect(drawn.sort()).toEqual(tabled.sort());
});
