import { expect, test } from 'vitest';
import { nestingOf, nestingProblem } from './nesting.ts';

test.each([
  ['', 0],
  ['{ a }', 1],
  ['{ a(x: [{ y: [1] }]) { b } c }', 5],
  ['{ a { b } c { d } }', 2],
  ['{ a(x: "[[[[") }', 2],
  [String.raw`{ a(x: "\"[[[[") }`, 2],
  [String.raw`{ a(x: "\\", y: [1]) }`, 3],
  ['{ a(x: """ [[ " [[ """, y: [1]) }', 3],
  [String.raw`{ a(x: """ [[ \""" [[ """, y: [1]) }`, 3],
  ['{ # [[[[\n a(x: [1]) }', 3],
  ['{ # [[[[\r a(x: [1]) }', 3],
  ['{ a(x: "never closed\n [[', 4],
])('%j nests %i deep', (text, depth) => {
  expect(nestingOf(text)).toBe(depth);
});

test('a megabyte of one text is read in no time', () => {
  expect(nestingOf(`{ a(x: "${'\\"'.repeat(500_000)}") }`)).toBe(2);
  expect(nestingOf('"""\\'.repeat(250_000))).toBe(0);
});

test('the refusal names its limit', () => {
  expect(nestingProblem('{ a }', 1)).toBeUndefined();
  expect(nestingProblem('{ a { b } }', 1)).toMatchObject({
    message: 'the operation is too complex: maxNesting is 1, was 2',
    extensions: { code: 'OPERATION_TOO_COMPLEX', limit: 'maxNesting', allowed: 1 },
  });
});
