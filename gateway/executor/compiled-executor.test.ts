import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type ExecutionResult, type GraphQLSchema, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { GraphqlRequest } from '#platform/graphql/executor';
import { buildFederatedSchema } from '../federated-schema.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createCompiledExecutor } from './compiled-executor.ts';
import type { EntityCall } from './entity-call.ts';
import { createEntityGathering, MAX_GATHERED_ENTITIES } from './entity-gathering.ts';
import type { Fields } from './own-value.ts';
import { keyOf } from './representations.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])`;
const SHOPS = `${LINK}
  type Query { shelf: [Book] front: [Book] shop: Shop flag: Boolean }
  type Shop { constructor: String toString: String length: Int owner: String! }
  type Book @key(fields: "id") { id: ID! }`;
const BOOKS = `${LINK}
  type Query { firstBook: Book }
  type Book @key(fields: "id") { id: ID! title: String author: Author }
  type Author { name: String }`;

const shelf = ['1', '2', '1', '1'].map((id) => ({ id }));

function subgraph(sdl: string, resolvers: object): GraphQLSchema {
  return buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
}

interface Shops {
  readonly asked: (GraphqlRequest & { readonly service: string })[];
  readonly ask: (query: string, variables?: object) => Promise<ExecutionResult>;
}

/** `answers`: what the shops say without being asked by their schema. */
function shops(answers?: Fields): Shops {
  const asked: Shops['asked'] = [];
  const schemas = new Map([
    [
      'shops',
      subgraph(SHOPS, {
        Query: { shelf: () => shelf, front: () => [{ id: '2' }, { id: '3' }] },
      }),
    ],
    [
      'books',
      subgraph(BOOKS, {
        Book: {
          __resolveReference: async ({ id }: { readonly id: string }) => {
            if (id === '3') throw new Error('lost');
            return { id, title: `Title ${id}`, author: { name: `Author ${id}` } };
          },
        },
      }),
    ],
  ]);
  const upstreamOf = (name: string): Upstream | undefined => {
    const schema = schemas.get(name);
    if (!schema) return undefined;
    const upstream = answering(name, schema, asked);
    const said = name === 'shops' && answers ? { data: answers } : undefined;
    return said ? { ...upstream, execute: () => Promise.resolve(said) } : upstream;
  };
  const { supergraphSdl = '' } = composeServices(
    [SHOPS, BOOKS].map((sdl, index) => ({
      name: index === 0 ? 'shops' : 'books',
      url: 'http://127.0.0.1/',
      typeDefs: parse(sdl),
    })),
  );
  const executor = createCompiledExecutor({
    federated: buildFederatedSchema(supergraphSdl),
    upstreamOf,
    maxOperations: 2,
  });
  return {
    asked,
    ask: async (query, variables = {}) => {
      const prepared = executor({
        document: parse(query),
        queryHash: query,
        operationName: undefined,
      });
      if ('unsupported' in prepared) throw new Error(prepared.unsupported);
      const { signal } = new AbortController();
      const context = { identity: null, correlationId: 'c', deadlineAtMs: Infinity, signal };
      return prepared.run({ variables: variables as Record<string, unknown>, context });
    },
  };
}

function answering(service: string, schema: GraphQLSchema, asked: Shops['asked']): Upstream {
  return {
    name: service,
    execute: async ({ query, variables = {} }) => {
      asked.push({ service, query, variables });
      const document = parse(query);
      const { data, errors } = await execute({ schema, document, variableValues: variables });
      const formatted = errors?.map((error) => error.toJSON());
      return { data: data ?? null, ...(formatted ? { errors: formatted } : {}) };
    },
    subscribe: () => Promise.reject(new Error('nobody subscribes')),
    close: async () => undefined,
  };
}

/** As it is sent. */
const plain = (result: ExecutionResult): unknown => JSON.parse(JSON.stringify(result));

const idsOf = ({ variables }: GraphqlRequest): unknown => variables?.['representations'];
const bookKey = (id: string) => ({ __typename: 'Book', id });

describe('the compiled executor', () => {
  test('asks once for each entity, for all lists of an operation together', async () => {
    const { ask, asked } = shops();
    const { data } = await ask('{ shelf { id title } front { title } }');
    const calls = asked.filter(({ service }) => service === 'books');
    expect(calls.map(idsOf)).toEqual([[bookKey('1'), bookKey('2'), bookKey('3')]]);
    expect(JSON.parse(JSON.stringify(data))).toEqual({
      shelf: shelf.map(({ id }) => ({ id, title: `Title ${id}` })),
      front: [{ title: 'Title 2' }, { title: null }],
    });
  });

  test('says what went wrong with an entity at each place that asked for it', async () => {
    const { ask } = shops();
    const { errors } = await ask('{ front { title } again: front { author { name } title } }');
    expect(errors?.map(({ path }) => path?.join('.')).sort()).toEqual(['again.1', 'front.1']);
    expect(errors?.map(({ extensions }) => extensions['serviceName'])).toEqual(['books', 'books']);
  });

  test.each([1, 2, 3])('answers the same at use %i', async (uses) => {
    const { ask } = shops({ shop: { owner: 'Ann' }, shelf });
    const query = 'query ($no: Boolean!) { shop { owner @skip(if: $no) __typename } shelf { id } }';
    for (let use = 1; use < uses; use += 1) await ask(query, { no: true });
    expect(JSON.stringify(await ask(query, { no: false }))).toBe(
      JSON.stringify({ data: { shop: { owner: 'Ann', __typename: 'Shop' }, shelf } }),
    );
  });

  test('lets a null go up, and tells where it was, when no subgraph complains', async () => {
    const { ask } = shops({ shop: { owner: null } });
    const { data, errors, extensions } = await ask('{ shop { owner } }');
    expect([JSON.stringify(data), errors]).toEqual(['{"shop":null}', undefined]);
    expect(extensions?.['valueCompletion']).toMatchObject([
      {
        message: 'Cannot return null for non-nullable field Shop.owner.',
        path: ['shop', 'owner'],
        extensions: { code: 'INVALID_GRAPHQL' },
      },
    ]);
  });

  test.each(['constructor', 'toString', 'length', '__proto__', 'valueOf', 'map'])(
    'knows nothing of %s that a subgraph did not say',
    async (name) => {
      const { ask } = shops({ shop: {} });
      const query = `{ shop { ${name}: toString } ${name}: flag }`;
      const expected = JSON.parse(`{"data":{"shop":{"${name}":null},"${name}":null}}`) as unknown;
      for (const _use of [1, 2, 3]) expect(plain(await ask(query))).toEqual(expected);
      const answered = JSON.parse(`{"shop":{"${name}":"said"},"${name}":true}`) as Fields;
      const saying = shops(answered);
      const { data } = await saying.ask(query);
      expect(JSON.stringify(data)).toBe(JSON.stringify(answered));
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
  );

  test('keeps a bounded number of operations', async () => {
    const { ask } = shops();
    for (const name of ['a', 'b', 'c', 'a']) {
      expect(plain(await ask(`{ ${name}: flag }`))).toEqual({ data: { [name]: null } });
    }
  });
});

describe('a gathering of entities', () => {
  const ask = (calls: Fields[][]) => async (call: EntityCall) => {
    calls.push([...call.representations]);
    return { entities: call.representations.map(({ id }) => ({ id })), errors: [] };
  };

  test('sends what asks in one turn of the loop in one call', async () => {
    const calls: Fields[][] = [];
    const gathering = createEntityGathering('for many runs');
    const joined = ['1', '2', '1'].map((id) => {
      const { call, answer } = gathering.join('key', ask(calls));
      return { slot: call.slotOf({ id }), answer };
    });
    const found = joined.map(async ({ slot, answer }) => (await answer).entities?.[slot]);
    expect(await Promise.all(found)).toEqual([{ id: '1' }, { id: '2' }, { id: '1' }]);
    expect(calls).toEqual([[{ id: '1' }, { id: '2' }]]);
    const later = gathering.join('key', ask(calls));
    later.call.slotOf({ id: '1' });
    await later.answer;
    expect(calls.length).toBe(2);
  });

  test('opens another call when one is full', async () => {
    const gathering = createEntityGathering('for many runs');
    const { call } = gathering.join('key', ask([]));
    for (let id = 0; id < MAX_GATHERED_ENTITIES; id += 1) call.slotOf({ id });
    expect(gathering.join('key', ask([])).call).not.toBe(call);
    expect(gathering.join('other', ask([])).call.representations).toEqual([]);
  });

  test('gives many runs a context of their own, which none of them aborts', () => {
    const abort = new AbortController();
    const context = {
      identity: null,
      correlationId: 'c',
      deadlineAtMs: 1,
      signal: abort.signal,
    };
    expect(createEntityGathering('for one run').contextOf(context)).toBe(context);
    const own = createEntityGathering('for many runs').contextOf(context);
    abort.abort();
    expect(own).toMatchObject({ correlationId: 'c', deadlineAtMs: 1, signal: { aborted: false } });
  });
});

describe('the key of a representation', () => {
  test.each([
    [{ a: '1', b: '2' }, { a: '1b:1"2' }],
    [{ a: 1 }, { a: '1' }],
    [{ a: null }, { a: 'null' }],
    [{ a: ['x'] }, { a: '["x"]' }],
    [{ a: { b: 'c' } }, { a: { b: 'd' } }],
  ])('tells %j from %j', (one: Fields, other: Fields) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
    expect(keyOf(one)).toBe(keyOf({ ...one }));
  });
});
