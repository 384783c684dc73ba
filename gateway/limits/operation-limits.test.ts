import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { limitRules, OPERATION_LIMITS } from './operation-limits.ts';

const schema = buildSchema('type Query { a: Query b: Int }');

function refused(query: string, over: Partial<typeof OPERATION_LIMITS>): unknown[] {
  const rules = limitRules({ ...OPERATION_LIMITS, ...over });
  return validate(schema, parse(query), rules).map(({ extensions }) => extensions['limit']);
}

test.each([
  ['depth counts fields inside fields', '{ a { a { b } } }', { maxDepth: 3 }, { maxDepth: 2 }],
  [
    'depth goes through fragments',
    '{ ...F } fragment F on Query { a { ... on Query { a { b } } } }',
    { maxDepth: 3 },
    { maxDepth: 2 },
  ],
  [
    'a fragment counts at each of its spreads',
    '{ ...F x: a { ...F } } fragment F on Query { b y: b }',
    { maxFields: 5, maxAliases: 3 },
    { maxFields: 4, maxAliases: 2 },
  ],
  [
    'directives count on fields, spreads and inline fragments',
    `{ b @skip(if: true) ...F @skip(if: true) ... @skip(if: true) { b } }
     fragment F on Query { b }`,
    { maxDirectives: 3 },
    { maxDirectives: 2 },
  ],
])('%s', (_name, query, enough, tooFew) => {
  expect(refused(query, enough)).toEqual([]);
  expect(refused(query, tooFew)).toEqual(Object.keys(tooFew));
});

test('fragments in a circle end, for another rule to refuse', () => {
  const circle = '{ ...F } fragment F on Query { a { ...G } } fragment G on Query { a { ...F } }';
  expect(refused(circle, {})).toEqual([]);
});

test('a pyramid of fragments is measured without being built', () => {
  const levels = Array.from(
    { length: 200 },
    (_, level) => `fragment F${level} on Query { ...F${level + 1} ...F${level + 1} }`,
  );
  const pyramid = `{ ...F0 } ${levels.join(' ')} fragment F200 on Query { b }`;
  expect(refused(pyramid, {})).toEqual(['maxFields']);
});
