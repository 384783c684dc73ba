import { type GraphQLSchema } from 'graphql';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { PlatformError } from '../errors.ts';
import { createLogger, silentLogger } from '../logger.ts';
import { scalarResolvers } from '../scalars.ts';
import type { SubgraphContext } from '../subgraph.ts';
import { createExecutor } from './executor.ts';

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  scalar Decimal
  scalar Date
  scalar DateTime
  enum Side { BUY SELL }
  input Trade {
    quantity: Decimal!
    price: Decimal = "1.5"
    side: Side = BUY
    tags: [String!] = ["x"]
  }
  input Pick { name: String!, legs: [Leg!]! }
  input Leg { side: Side! = BUY }
  interface Animal { name: String! }
  type Dog implements Animal @key(fields: "name") { name: String! barks: Boolean! }
  type Cat implements Animal @key(fields: "name") { name: String! lives: Int! }
  type Query {
    double(of: Decimal!): Decimal!
    half(of: Decimal = "3"): Decimal!
    trade(input: Trade!): String!
    pick(input: Pick!): String!
    animals: [Animal!]!
    refused: Int
    known: Int
    buggy: Int
    strict: Int!
    slow: Int
  }
  type Subscription { ticks(count: Int!): Tick! broken: Tick! }
  type Tick { number: Int! seen: Int! buggy: Int }
`;

let contexts = 0;
const resolvers = {
  ...scalarResolvers,
  Query: {
    double: (_: unknown, { of }: { of: bigint }) => of * 2n,
    half: (_: unknown, { of }: { of: bigint }) => of / 2n,
    trade: (_: unknown, { input }: { input: Record<string, unknown> }) =>
      Object.entries(input)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(' '),
    pick: (_: unknown, { input }: { input: { legs: readonly { side: string }[] } }) =>
      input.legs.map(({ side }) => side).join(' '),
    animals: () => [
      { __typename: 'Dog', name: 'Rex', barks: true },
      { __typename: 'Cat', name: 'Tom', lives: 9 },
    ],
    refused: () => {
      throw new PlatformError('VERSION_CONFLICT', 'try again', { details: { attempts: 3 } });
    },
    known: async () => 42,
    buggy: () => {
      throw new Error('secret table name');
    },
    strict: () => null,
    slow: (_: unknown, __: unknown, context: SubgraphContext) => {
      context.request.signal.throwIfAborted();
      return 1;
    },
  },
  Subscription: {
    ticks: {
      subscribe: async function* (_: unknown, { count }: { count: number }) {
        for (let number = 1; number <= count; number += 1) yield { ticks: { number } };
      },
    },
    broken: {
      subscribe: () => {
        throw new PlatformError('FORBIDDEN', 'not for you');
      },
    },
  },
  Tick: {
    seen: (_: unknown, __: unknown, context: { serial: number }) => context.serial,
    buggy: () => {
      throw new Error('secret');
    },
  },
  Dog: { __resolveReference: ({ name }: { name: string }) => ({ name, barks: name === 'Rex' }) },
  Cat: { __resolveReference: ({ name }: { name: string }) => ({ name, lives: 7 }) },
};
const schema: GraphQLSchema = buildSubgraphSchema([{ typeDefs: parse(SDL), resolvers }]);

const lines: string[] = [];
const logger = createLogger('error', { write: (line: string) => void lines.push(line) });
const executor = createExecutor(schema, { logger });

function contextOf(signal = new AbortController().signal): SubgraphContext & { serial: number } {
  contexts += 1;
  return {
    serial: contexts,
    request: { identity: null, correlationId: 'c-1', deadlineAtMs: Infinity, signal },
  };
}

/** Runs three times: interpreted first, compiled afterwards; all answers have to be the same. */
async function always(query: string, variables: Record<string, unknown> = {}) {
  const runs = [];
  for (let time = 0; time < 3; time += 1) {
    runs.push(await executor.execute({ query, variables }, contextOf()));
  }
  const [first, ...others] = runs.map((result) => JSON.parse(JSON.stringify(result)) as unknown);
  for (const other of others) expect(other).toEqual(first);
  return first;
}

describe('interpreted and compiled execution answer alike', () => {
  test('for scalars in literals and in variables', async () => {
    expect(await always('{ double(of: "1.25") }')).toEqual({ data: { double: '2.5' } });
    const query = 'query ($of: Decimal!) { double(of: $of) }';
    expect(await always(query, { of: '0.00000001' })).toEqual({ data: { double: '0.00000002' } });
  });

  test('for defaults of arguments, of input fields and of variables', async () => {
    expect(await always('{ half }')).toEqual({ data: { half: '1.5' } });
    expect(await always('query ($of: Decimal = "5") { half(of: $of) }')).toEqual({
      data: { half: '2.5' },
    });
    expect(
      await always('query ($input: Trade!) { trade(input: $input) }', { input: { quantity: 2 } }),
    ).toEqual({ data: { trade: 'quantity=200000000 price=150000000 side=BUY tags=x' } });
  });

  test('for required input fields that a default stands in for', async () => {
    const input = { name: 'A', legs: [{}, { side: 'SELL' }] };
    expect(await always('query ($input: Pick!) { pick(input: $input) }', { input })).toEqual({
      data: { pick: 'BUY SELL' },
    });
    expect(await always('{ pick(input: { name: "A", legs: [{}] }) }')).toEqual({
      data: { pick: 'BUY' },
    });
  });

  test('for interfaces, fragments, aliases and entities', async () => {
    expect(
      await always(`{
        all: animals { __typename name ... on Dog { barks } ... on Cat { lives } }
      }`),
    ).toEqual({
      data: {
        all: [
          { __typename: 'Dog', name: 'Rex', barks: true },
          { __typename: 'Cat', name: 'Tom', lives: 9 },
        ],
      },
    });
    const representations = [
      { __typename: 'Cat', name: 'Tom' },
      { __typename: 'Dog', name: 'Rex' },
    ];
    expect(
      await always(
        `query ($representations: [_Any!]!) {
          _entities(representations: $representations) { ... on Dog { barks } ... on Cat { lives } }
        }`,
        { representations },
      ),
    ).toEqual({ data: { _entities: [{ lives: 7 }, { barks: true }] } });
  });

  test('for @skip and @include', async () => {
    const query = 'query ($no: Boolean!) { known @include(if: $no) half @skip(if: $no) }';
    expect(await always(query, { no: false })).toEqual({ data: { half: '1.5' } });
  });
});

describe('errors', () => {
  test.each(['NaN', '1e400', '', null, 1.5, '1,5'])(
    'answers BAD_USER_INPUT to the decimal %j in a variable',
    async (of) => {
      const result = await always('query ($of: Decimal!) { double(of: $of) }', { of });
      expect(result).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
      expect(result).not.toHaveProperty('data');
    },
  );

  test('says what was wrong with the decimal', async () => {
    const result = await always('query ($of: Decimal!) { double(of: $of) }', { of: 'NaN' });
    expect(JSON.stringify(result)).toContain('NaN');
    expect(JSON.stringify(result)).toContain('Decimal: ');
  });

  test.each(['"NaN"', '1e400', 'true'])(
    'answers BAD_USER_INPUT to the decimal %s in the document',
    async (literal) => {
      const result = await always(`{ double(of: ${literal}) }`);
      expect(result).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    },
  );

  test('keeps code, details and path of a failure, beside the other fields', async () => {
    expect(await always('{ refused known }')).toMatchObject({
      data: { refused: null, known: 42 },
      errors: [
        {
          message: 'try again',
          path: ['refused'],
          extensions: { code: 'VERSION_CONFLICT', attempts: 3 },
        },
      ],
    });
  });

  test('masks a bug, names the correlation id and logs the cause', async () => {
    const result = await always('{ buggy }');
    expect(result).toMatchObject({
      data: { buggy: null },
      errors: [
        {
          message: 'Internal server error',
          path: ['buggy'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId: 'c-1' },
        },
      ],
    });
    expect(JSON.stringify(result)).not.toContain('secret');
    expect(lines.at(-1)).toContain('secret table name');
  });

  test('treats null in a non-null field as a bug', async () => {
    expect(await always('{ strict }')).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    });
  });

  test('calls an abort after the deadline TIMEOUT', async () => {
    const aborted = AbortSignal.abort();
    const result = await executor.execute({ query: '{ slow }' }, contextOf(aborted));
    expect(result.errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
  });

  test('says what does not parse and what is not in the schema', async () => {
    expect(await always('{')).toMatchObject({
      errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
    });
    expect(await always('{ nothing }')).toMatchObject({
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
  });
});

describe('subscriptions', () => {
  const TICKS = 'subscription ($n: Int!) { ticks(count: $n) { number seen buggy } }';

  test('resolve each event in a context of its own, with errors masked', async () => {
    const request = { query: TICKS, variables: { n: 3 } };
    const stream = await executor.subscribe(request, contextOf(), contextOf);
    if (!('events' in stream)) throw new Error('expected events');
    const results = [];
    for await (const result of stream.events) results.push(result);
    const ticks = results.map(
      (result) => result.data?.['ticks'] as { number: number; seen: number },
    );
    expect(ticks.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(new Set(ticks.map(({ seen }) => seen)).size).toBe(3);
    expect(results[0]?.errors).toMatchObject([
      { path: ['ticks', 'buggy'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
  });

  test('answer with errors when subscribing is refused or input is bad', async () => {
    const broken = { query: 'subscription { broken { number } }' };
    expect(await executor.subscribe(broken, contextOf(), contextOf)).toMatchObject({
      errors: [{ path: ['broken'], extensions: { code: 'FORBIDDEN' } }],
    });
    const bad = { query: TICKS, variables: { n: 'x' } };
    expect(await executor.subscribe(bad, contextOf(), contextOf)).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  test('end at once, and end their source, while waiting for an event', async () => {
    let isReturned = false;
    const idle: AsyncIterableIterator<unknown> = {
      next: () => new Promise(() => undefined),
      return: async () => {
        isReturned = true;
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => idle,
    };
    const quiet = buildSubgraphSchema([
      {
        typeDefs: parse('type Query { a: Int } type Subscription { idle: Int }'),
        resolvers: { Subscription: { idle: { subscribe: () => idle } } },
      },
    ]);
    const { subscribe } = createExecutor(quiet, { logger: silentLogger });
    const stream = await subscribe({ query: 'subscription { idle }' }, contextOf(), contextOf);
    if (!('events' in stream)) throw new Error('expected events');
    const pending = stream.events.next();
    await stream.events.return?.();
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(isReturned).toBe(true);
  });
});
