import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { graphql, type GraphQLSchema } from 'graphql';
import { buildSchemaOf } from './subgraph.ts';

const SDL = /* GraphQL */ `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])
  input Filter {
    names: [String!]!
  }
  type Thing @key(fields: "name") {
    name: ID!
    called(as: String!): String
  }
  type Query {
    thing(id: ID, filter: Filter): Thing
  }
`;

let folder: string;
let schema: GraphQLSchema;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-schema-'));
  const file = join(folder, 'things.graphql');
  writeFileSync(file, SDL);
  const named = ({ name }: { name: string }) => ({ name });
  schema = buildSchemaOf(pathToFileURL(file), {
    Query: { thing: () => ({ name: 'thing' }) },
    Thing: {
      called: (_thing: unknown, args: { as: string }) => args.as,
      __resolveReference: named,
    },
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

const ENTITY = `query ($text: String!) {
  _entities(representations: [{ __typename: "Thing", name: $text }]) { __typename }
}`;

const PLACES: readonly [string, string][] = [
  ['id', 'query ($text: ID!) { thing(id: $text) { name } }'],
  ['filter.names.1', 'query ($text: String!) { thing(filter: { names: ["", $text] }) { name } }'],
  ['as', 'query ($text: String!) { thing { called(as: $text) } }'],
  ['representations.0.name', ENTITY],
];

test.each(PLACES)('text that cannot be stored is refused at %s', async (place, source) => {
  for (const [text, found] of [
    ['a\u0000b', 'U+0000'],
    ['a\uD83D', 'U+D83D'],
    ['\uDE00', 'U+DE00'],
  ]) {
    const { errors } = await graphql({ schema, source, variableValues: { text } });
    expect(errors).toMatchObject([
      {
        message:
          `${place}: expected text without U+0000 and without halves of surrogate pairs, ` +
          `found ${found}`,
        originalError: { code: 'BAD_USER_INPUT' },
      },
    ]);
  }
});

test.each(PLACES)('any other text passes at %s', async (_place, source) => {
  const text = 'Société 😀\n\u0001';
  expect((await graphql({ schema, source, variableValues: { text } })).errors).toBeUndefined();
});
