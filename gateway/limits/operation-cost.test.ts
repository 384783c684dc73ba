import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type GraphQLSchema, Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readSupergraph } from '../access/access-rules.ts';
import { buildFederatedSchema } from '../federated-schema.ts';
import { GATEWAY_LIMITS } from '../gateway-options.ts';
import { type CostModel, amountOf, operationCost } from './operation-cost.ts';
import { readCostTable } from './cost-table.ts';

const schema = buildSchema(`
  directive @cost(weight: Int!) on ARGUMENT_DEFINITION | FIELD_DEFINITION | OBJECT | SCALAR | ENUM
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
    requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  scalar Heavy @cost(weight: 3)
  interface Named { name: String }
  type Point @cost(weight: 0) { x: Int }
  type Page { edges: [Edge] total: Int }
  type Edge { node: Item }
  type Item implements Named { name: String heavy: Heavy items: [Item] points: [Point] more: Page }
  union Either = Item | Point
  type Query {
    item: Item
    named: Named
    either: Either
    dear(exact: Boolean @cost(weight: 5)): Item @cost(weight: 50)
    short: [Item] @listSize(assumedSize: 4)
    slice(first: Int = 2): [Item] @listSize(slicingArguments: ["first"], assumedSize: 100)
    page(first: Int = 10): Page
      @listSize(slicingArguments: ["first"], assumedSize: 500, sizedFields: ["edges"])
    open(count: Int): [Item] @listSize(slicingArguments: ["count"])
  }
  type Mutation { touch: Int make: Item }
`);
const model: CostModel = { schema, table: readCostTable(schema), assumedListSize: 7 };

function read(query: string, variables = {}, over: CostModel = model) {
  const document = parse(query);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('an operation is needed');
  const { cost, pages } = operationCost(over, document, operation);
  return {
    cost: amountOf(cost, variables),
    isFixed: typeof cost === 'number',
    pages: pages.map(({ asked, ...page }) => ({ ...page, asked: amountOf(asked, variables) })),
  };
}

describe('GW-4 the cost of an operation', () => {
  test.each([
    ['an object is one', '{ item { name } }', 1],
    ['@cost on a type of values', '{ item { heavy } }', 4],
    ['@cost on a field, once however long', '{ dear { name } }', 50],
    ['@cost on an argument that is given', '{ dear(exact: true) { name } }', 55],
    ['a list nobody measured', '{ item { items { name } } }', 1 + 7],
    ['objects without a cost', '{ item { points { x } } }', 1],
    ['the length of a list', '{ short { name } }', 4],
    ['a slice by its default', '{ slice { name } }', 2],
    ['a slice by a number', '{ slice(first: 30) { name } }', 30],
    ['a slice is never longer than the list', '{ slice(first: 3000) { name } }', 100],
    [
      'a page: itself, its edges, their nodes',
      '{ page(first: 5) { edges { node { name } } } }',
      11,
    ],
    ['a page without its edges', '{ page(first: 500) { total } }', 1],
    ['a list without a default or number', '{ open { name } }', 7],
    ['aliases each', '{ a: item { name } b: item { name } }', 2],
    ['all members of a union', '{ either { ... on Item { heavy } ... on Point { x } } }', 4],
    ['fields of an interface', '{ named { name } }', 1],
    ['fragments where they are spread', '{ short { ...F } } fragment F on Item { heavy }', 4 * 4],
    [
      'a fragment on a page',
      '{ page(first: 5) { ...P } } fragment P on Page { edges { node { name } } }',
      11,
    ],
    ['a mutation', 'mutation { touch make { name } }', 20],
    ['introspection nothing', '{ __typename __schema { types { name } } }', 0],
  ])('counts %s', (_name, query, cost) => {
    expect(read(query)).toMatchObject({ cost, isFixed: true });
  });

  test.each([
    ['given', { n: 4 }, 9],
    ['left out: its default', {}, 5],
    ['null: that of the argument', { n: null }, 21],
    ['no number: that of the argument', { n: '__proto__' }, 21],
    ['below zero: none', { n: -5 }, 1],
    ['beyond the list: all of it', { n: 1e9 }, 1001],
  ])('follows a variable that is %s', (_name, variables, cost) => {
    const query = 'query ($n: Int = 2) { page(first: $n) { edges { node { name } } } }';
    expect(read(query, variables)).toMatchObject({ cost, isFixed: false });
  });

  test('multiplies lists in lists', () => {
    const query = `query ($a: Int, $b: Int) { slice(first: $a) { items { name }
      page: more { edges { node { name } } } } page(first: $b) { edges { node { name } } } }`;
    expect(read(query, { a: 10, b: 20 }).cost).toBe(10 * (1 + 7 + 1 + 7 * 2) + 1 + 20 * 2);
  });

  test('tells of every page what is asked and what is allowed', () => {
    const query = 'query ($n: Int) { page(first: $n) { total } slice(first: 101) { name } }';
    expect(read(query, { n: 501 }).pages).toEqual([
      { field: 'Query.page', argument: 'first', allowed: 500, asked: 501 },
      { field: 'Query.slice', argument: 'first', allowed: 100, asked: 101 },
    ]);
  });

  test('reads a pyramid of fragments without building it', () => {
    const levels = Array.from(
      { length: 40 },
      (_, level) => `fragment F${level} on Item { ...F${level + 1} ...F${level + 1} }`,
    );
    const text = `query { slice(first: 1) { ...F0 } } ${levels.join(' ')}
      fragment F40 on Item { heavy }`;
    expect(read(text).cost).toBe(1 + 3 * 2 ** 40);
  });
});

describe('GW-4 the cost of our own schema', () => {
  const root = join(import.meta.dirname, '../../schema');
  const { sdl } = readSupergraph(readFileSync(join(root, 'supergraph.graphql'), 'utf8'));
  const federated = buildFederatedSchema(sdl);
  const ours = modelOf(federated.schema, federated.supergraphSchema);

  function modelOf(api: GraphQLSchema, supergraph: GraphQLSchema): CostModel {
    const { assumedListSize } = GATEWAY_LIMITS;
    return { schema: api, table: readCostTable(supergraph), assumedListSize };
  }

  test('lets every sample document pass', () => {
    const files = readdirSync(join(root, 'operations'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const document = parse(readFileSync(join(root, 'operations', file), 'utf8'));
      for (const operation of document.definitions) {
        if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
        const { cost } = operationCost(ours, document, operation);
        expect(amountOf(cost, {})).toBeLessThan(GATEWAY_LIMITS.maxCost / 100);
        expect(amountOf(cost, {})).toBeGreaterThan(0);
      }
    }
  });

  test.each([
    ['a full page of instruments', '{ instruments(first: 500) { edges { node { name } } } }', true],
    [
      'full pages in a full page',
      `{ instruments(first: 500) { edges { node { bars(first: 500) { edges { node { close } } } }
      } } }`,
      false,
    ],
    [
      'ten backtests with all their levels',
      '{ basket(code: "X") { backtests { edges { node { levels { level } } } } } }',
      true,
    ],
  ])('%s', (_name, query, isAllowed) => {
    expect(read(query, {}, ours).cost <= GATEWAY_LIMITS.maxCost).toBe(isAllowed);
  });
});
