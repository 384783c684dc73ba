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
