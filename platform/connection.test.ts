import { describe, expect, test } from 'vitest';
import { connectionOf, pageRequest } from './connection.ts';

const LIST = { list: 'names', defaultFirst: 2, keyParts: 1 };
const names = { keyOf: (row: string) => [row], nodeOf: (row: string) => row.toUpperCase() };

describe('a page of a connection', () => {
  test('starts after the cursor of the edge before it', () => {
    const first = connectionOf(['a', 'b', 'c'], pageRequest({}, LIST), names);
    expect(first.edges.map((edge) => edge.node)).toEqual(['A', 'B']);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });

    const next = pageRequest({ after: first.pageInfo.endCursor }, LIST);
    expect(next).toEqual({ list: 'names', first: 2, after: ['b'] });
    expect(connectionOf(['c'], next, names).pageInfo).toMatchObject({
      hasNextPage: false,
      hasPreviousPage: true,
    });
  });

  test('has no cursors when it is empty', () => {
    const { edges, pageInfo } = connectionOf([], pageRequest({}, LIST), names);
    expect(edges).toEqual([]);
    expect(pageInfo).toMatchObject({ startCursor: null, endCursor: null });
  });
});

const forged = (...parts: readonly string[]) =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('the arguments of a page', () => {
  test.each([0, -1, 501])('refuse first: %d', (first) => {
    expect(() => pageRequest({ first }, LIST)).toThrow(`first: expected 1 to 500, was ${first}`);
  });

  test.each([
    '',
    'nonsense',
    forged('names'),
    forged('names', 'a', 'b'),
    forged('names', 'a\u0000'),
    forged('names', '\uD83D'),
  ])('refuse the cursor "%s"', (after) => {
    expect(() => pageRequest({ after }, LIST)).toThrow('after: expected a cursor of this list');
  });

  test('refuse the cursor of another list', () => {
    const colors = connectionOf(['red'], pageRequest({}, { ...LIST, list: 'colors' }), names);
    const after = colors.pageInfo.endCursor;
    expect(() => pageRequest({ after }, LIST)).toThrow(
      'after: expected a cursor of this list, names',
    );
  });
});
