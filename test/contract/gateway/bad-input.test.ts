import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#platform/logger';
import type { Gateway } from '../../../gateway/gateway-options.ts';

import { type Answer, ask } from './ask.ts';
import { connect, type SocketClient } from './socket-client.ts';
import { createSmallPlatform, startSmallGateway } from './small-platform.ts';

const platform = createSmallPlatform();
const logged: unknown[] = [];
let gateway: Gateway;
let socket: SocketClient;
let ids = 0;

beforeAll(async () => {
  const logger = {
    ...silentLogger,
    error: (facts: unknown) => {
      logged.push(facts);
    },
  };
  gateway = await startSmallGateway(platform, { logger });
  socket = await connect(gateway.url);
});
afterAll(async () => {
  socket.close();
  await gateway.stop();
});

type Problem = NonNullable<Answer['errors']>[number];
type Variables = Readonly<Record<string, unknown>>;

async function overHttp(query: string, variables?: Variables, operationName?: string) {
  const asking = {
    ...(variables ? { variables } : {}),
    ...(operationName ? { operationName } : {}),
  };
  const answer = await ask(gateway.url, query, asking);
  return { data: answer.data, errors: answer.errors, status: answer.status };
}

async function overSocket(query: string, variables?: Variables, operationName?: string) {
  ids += 1;
  socket.subscribe(`${ids}`, query, { variables, operationName });
  const { type, payload } = await socket.next();
  if (type === 'error') return { data: undefined, errors: payload as Problem[] };
  expect((await socket.next()).type).toBe('complete');
  return payload as Pick<Answer, 'data' | 'errors'>;
}

const WAYS = [
  ['a query over HTTP', 'query', 'echo', overHttp],
  ['a mutation over HTTP', 'mutation', 'keep', overHttp],
  ['a query over WebSocket', 'query', 'echo', overSocket],
  ['a mutation over WebSocket', 'mutation', 'keep', overSocket],
  ['a subscription', 'subscription', 'echoed', overSocket],
] as const;

describe.each(WAYS)('%s', (_way, type, field, send) => {
  test.each([
    ['null for what is not null', { w: null }, 'Variable "$w" of non-null type "Wanted!"'],
    ['nothing for what is required', {}, 'Variable "$w" of required type "Wanted!" was not'],
    ['an unknown field', { w: { price: 1 } }, 'Field "price" is not defined by type "Wanted"'],
    ['an unknown enum value', { w: { sorting: 'SIZE' } }, '"SIZE" does not exist in "Sorting"'],
    ['text for an Int', { w: { count: 'x' } }, 'Int cannot represent non-integer value: "x"'],
    ['an Int beyond 32 bits', { w: { count: 2 ** 31 } }, 'Int cannot represent non 32-bit'],
  ])('with %s in a variable is told what is wrong', async (_name, variables, message) => {
    const query = `${type} ($w: Wanted!) { ${field}(wanted: $w) }`;
    const { data, errors } = await send(query, variables);
    expect(data).toBeUndefined();
    expect(logged.splice(0)).toEqual([]);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors?.[0]?.message).toContain(message);
  });
});

describe.each([
  ['over HTTP', overHttp],
  ['over WebSocket', overSocket],
])('choosing an operation %s', (_way, send) => {
  test.each([
    ['a name that is not there', '{ motto }', 'B', 'no operation "B"'],
    ['another name', 'query A { motto } query C { motto }', 'B', 'no operation "B": there is A, C'],
    ['no name for two', 'query A { motto } query C { motto }', undefined, 'one of A, C'],
    ['no operation at all', 'fragment F on Query { motto }', undefined, 'no operation'],
  ])('by %s is answered in words', async (_name, query, operationName, message) => {
    const { data, errors } = await send(query, undefined, operationName);
    expect(data).toBeUndefined();
    expect(logged.splice(0)).toEqual([]);
    const [problem] = errors ?? [];
    expect(problem?.message).toMatch(message === 'no operation' ? /operation|never used/ : message);
    expect(problem?.extensions['code']).not.toBe('INTERNAL_SERVER_ERROR');
  });
});

describe.each([
  ['over HTTP', overHttp],
  ['over WebSocket', overSocket],
])('GW-4 brackets nested too deep %s', (_way, send) => {
  const nested = (open: string, inner: string, close: string, depth: number) =>
    `${open.repeat(depth)}${inner}${close.repeat(depth)}`;

  test.each([
    ['lists', `{ echo(wanted: ${nested('[', '', ']', 20_000)}) }`, 20_002],
    ['fields', nested('{ worst ', '{ id }', ' }', 4_000), 4_001],
    ['inline fragments', `{ motto ${nested('... { ', 'motto', ' }', 20_000)} }`, 20_001],
    [
      'lists in lists of a variable',
      `query ($v: ${nested('[', 'Int', ']', 5_000)}) { motto }`,
      5_001,
    ],
  ])('of %s are refused by name', async (_name, query, found) => {
    const { data, errors } = await send(query);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      {
        message: `the operation is too complex: maxNesting is 200, was ${found}`,
        extensions: { code: 'OPERATION_TOO_COMPLEX', limit: 'maxNesting', allowed: 200 },
      },
    ]);
    expect(logged).toEqual([]);
  });

  test('as deep as allowed are read', async () => {
    const { data } = await send(nested('{ ... ', '{ motto }', ' }', 198));
    expect(data).toEqual({ motto: 'true to the line' });
  });
});

test('GW-4 brackets are bounded by GET and without limits as well', async () => {
  const deep = `{ echo(wanted: ${'['.repeat(5_000)}) }`;
  const got = await fetch(`${gateway.url}?query=${encodeURIComponent(deep)}`, {
    headers: { accept: 'application/graphql-response+json', 'apollo-require-preflight': '1' },
  });
  expect([got.status, await got.json()]).toMatchObject([
    400,
    { errors: [{ extensions: { limit: 'maxNesting' } }] },
  ]);
  const open = await startSmallGateway(platform, { limits: 'off' });
  const nested = (depth: number) => `${'{ ... '.repeat(depth)}{ motto }${' }'.repeat(depth)}`;
  const within = await ask(open.url, nested(490));
  const beyond = await ask(open.url, nested(510));
  await open.stop();
  expect(within.data).toEqual({ motto: 'true to the line' });
  expect(beyond.errors).toMatchObject([{ extensions: { limit: 'maxNesting' } }]);
});

describe.each(WAYS)('GW-4 %s', (_way, type, field, send) => {
  const QUOTE_IT = /Decimal: expected text such as "187.50" or an Int/;
  const asked = (amount: string) => `${type} { ${field}(wanted: { amount: ${amount} }) }`;

  test.each([
    '1e400',
    '-1e400',
    '1.5',
    '1e5',
    '1e-400',
    '-0.0',
    '9007199254740993',
    '9'.repeat(40),
  ])('with the number %s for a Decimal is told to write text', async (literal) => {
    const { data, errors } = await send(asked(literal));
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors?.[0]?.message).toMatch(QUOTE_IT);
    expect(logged.splice(0)).toEqual([]);
  });

  test.each([1.5, 1e-7, 2 ** 53, 1e300])(
    'with the number %d for a Decimal in a variable is told the same',
    async (amount) => {
      const query = `${type} ($w: Wanted!) { ${field}(wanted: $w) }`;
      const { data, errors } = await send(query, { w: { amount } });
      expect(data?.[field as never] ?? null).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      expect(errors?.[0]?.message).toMatch(QUOTE_IT);
    },
  );

  test.each([
    ['-0', '0'],
    ['42', '42'],
    ['9007199254740991', '9007199254740991'],
    ['"9007199254740993.00000001"', '9007199254740993.00000001'],
  ])('with %s for a Decimal reads it exactly', async (literal, read) => {
    expect((await send(asked(literal))).data).toEqual({ [field]: read });
  });

  test('with a number beyond all, wherever it stands, is refused', async () => {
    const { errors } = await send(`${type} { ${field}(wanted: { count: 1${'0'.repeat(400)} }) }`);
    expect(errors?.map(({ extensions }) => extensions['code'])).toContain('BAD_USER_INPUT');
  });

  test('with lists in lists in a Decimal is refused before anyone plans it', async () => {
    const { errors } = await send(asked(`${'['.repeat(90)}${']'.repeat(90)}`));
    expect(errors?.map(({ extensions }) => extensions['limit'])).toContain('maxValueDepth');
  });

  test('with lists in lists in a variable is refused', async () => {
    let amount: unknown = [];
    for (let depth = 0; depth < 1_000; depth += 1) amount = [amount];
    const query = `${type} ($w: Wanted!) { ${field}(wanted: $w) }`;
    const { errors } = await send(query, { w: { amount } });
    expect(errors).toMatchObject([
      { message: 'variables nest at most 100 deep', extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });
});
