/** The schema against its last release; each rule is proved by a planted fault. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { lintSdl } from './support/check-schema.ts';
import { schemaChangeFaults } from './support/schema-changes.ts';

const SCHEMA = join(import.meta.dirname, '../schema');
const read = (file: string) => readFileSync(join(SCHEMA, file), 'utf8');
const RELEASED =
  'type Query { "x" basket(code: String): Basket } type Basket { "x" code: String! }';

function faultsOf(current: string, changelog = ''): Promise<readonly string[]> {
  return schemaChangeFaults({
    released: RELEASED,
    current,
    changelog: `## Unreleased\n${changelog}`,
  });
}

test('schemas of all releases are kept and can be built', () => {
  const releases = readdirSync(join(SCHEMA, 'released'));
  expect(releases).toContain('0.1.0.graphql');
  for (const file of releases) {
    expect(buildSchema(read(join('released', file))).getQueryType()?.name).toBe('Query');
  }
});

describe('GW-7 a change since the last release', () => {
  const withName = RELEASED.replace('"x" code', '"x" name: String "x" code');
  const withoutCode = RELEASED.replace('"x" code: String!', '"x" name: String');
  const nullableCode = RELEASED.replace('code: String!', 'code: String');
  const withUnion = `${RELEASED} union Found = Basket`;
  const withArgument = RELEASED.replace('code: String)', 'code: String, at: Int)');

  test.each([
    ['a field added without an entry', withName, ''],
    ['an argument added with an entry for its field only', withArgument, '- `Query`: `basket`'],
    ['a field removed', withoutCode, '- `Basket`: `name`'],
    ['a field removed and listed as added', withoutCode, '- `Basket`: `name`, `code`'],
    ['a field that can be null now', nullableCode, '### Changed\n\n- `Basket`: `code`'],
    ['a member of a list in the text of an entry', withName, '- `Basket` has a `name`'],
    ['an entry for what did not change', RELEASED, '- `Basket`: `name`'],
    ['an entry of an earlier release', withName, '## 0.1.0\n\n- `Basket`: `name`'],
  ])('is refused: %s', async (_what, current, changelog) => {
    expect(await faultsOf(current, changelog)).not.toEqual([]);
  });

  test.each([
    ['nothing', RELEASED, ''],
    ['other words', RELEASED.replace('"x" code', '"y" code'), ''],
    ['a field', withName, '### Added\n\n- `Basket`: `name`. For people.'],
    ['an argument', withArgument, '- `Query`: `basket(at)`'],
    [
      'a break',
      withoutCode,
      '### Added\n\n- `Basket`: `name`\n\n### Breaking\n\n- `Basket`: `code`',
    ],
    ['a new union', withUnion, ''],
    ['a new type by the field that has it', `${RELEASED} type New { "x" a: Int }`, ''],
  ])('passes with its entry: %s', async (_what, current, changelog) => {
    expect(await faultsOf(current, changelog)).toEqual([]);
  });
});

test.each([
  ['by name', 'price'],
  ['with a value', 'price(at: 1)'],
  ['inside an object', 'id detail { price(at: 1) }'],
])('@requires of a field with arguments is refused: %s', (_how, fields) => {
  const sdl = `"x" type A { "x" price("x" at: Int): Int "x" detail: A
    "x" value: Int @requires(fields: "${fields}") }`;
  expect(lintSdl(sdl)).toEqual(['A.value @requires price, which has arguments']);
});
