import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '#platform/logger';
import { type Gateway, GATEWAY_LIMITS } from '../../../gateway/gateway-options.ts';
import { createLimitedPlatform, isServing, startLimited, WAYS } from './limited-platform.ts';
import { connect, openSocket } from './socket-client.ts';

const platform = createLimitedPlatform();
const uncaught: unknown[] = [];
const logged: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);
const logger = {
  ...silentLogger,
  error: (facts: unknown) => {
    logged.push(facts);
  },
};
let gateway: Gateway;

beforeAll(async () => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
  gateway = await startLimited(platform, {
    logger,
    corsOrigins: ['https://desk.example'],
    limits: { ...GATEWAY_LIMITS, receiveHeadersMs: 200, receiveRequestMs: 400 },
  });
});
afterAll(async () => {
  await gateway.stop();
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

/** The next request is served, and nothing that happened was taken for a bug of ours. */
async function expectUnharmed() {
  expect(await isServing(gateway)).toBe(true);
  expect([logged.splice(0), uncaught.splice(0)]).toEqual([[], []]);
}

function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
) {
  return fetch(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

async function codesIn(response: Response): Promise<unknown> {
  const { errors } = (await response.json()) as {
    errors?: { extensions: { code?: string; limit?: string } }[];
  };
  return errors?.map(({ extensions: { limit, code } }) => limit ?? code);
}

describe('GW-4 a body', () => {
  test.each([
    ['of 5 MB', 'x'.repeat(5_000_000), 413, ['maxBodyBytes']],
    ['of garbage', '\u0000\u0001{]"', 400, ['BAD_REQUEST']],
    ['that is half of one', '{"query":"{ motto }', 400, ['BAD_REQUEST']],
    ['that is no object', '"{ motto }"', 400, ['BAD_REQUEST']],
    ['that is null', 'null', 400, ['BAD_REQUEST']],
    ['that is empty', '', 400, ['BAD_REQUEST']],
    ['nested 100,000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, ['BAD_REQUEST']],
    ['with a number for a query', '{"query":7}', 400, ['BAD_REQUEST']],
    ['with a list as variables', '{"query":"{ motto }","variables":[1]}', 400, ['BAD_REQUEST']],
    ['with text as extensions', '{"query":"{ motto }","extensions":"x"}', 400, ['BAD_REQUEST']],
  ])('%s is refused, and the next request is served', async (_name, body, status, codes) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await codesIn(response)).toEqual(codes);
    await expectUnharmed();
  });

  test('that is no UTF-8 is read as far as it is text', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"query":"{ mo'),
      Buffer.of(0xff, 0xfe, 0xc0),
      Buffer.from('tto }"}'),
    ]);
    const response = await post(new Uint8Array(bytes));
    expect(await codesIn(response)).toEqual(['GRAPHQL_PARSE_FAILED']);
    await expectUnharmed();
  });

  test.each([
    '{"query":"{ motto }","__proto__":{"polluted":1}}',
    '{"query":"{ motto }","constructor":{"prototype":{"polluted":1}}}',
    '{"query":"{ motto }","variables":{"__proto__":{"polluted":1}}}',
    '{"query":"{ motto }","extensions":{"__proto__":{"polluted":1}}}',
  ])('with a key of the prototype pollutes nothing: %s', async (body) => {
    expect(await (await post(body)).json()).toEqual({ data: { motto: 'true to the line' } });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    await expectUnharmed();
  });
});

describe.each(WAYS)('GW-4 values %s', (_way, send) => {
  const PAGE = 'query ($n: Int) { items(first: $n) { edges { node { name } } } }';

  test.each([
    ['a number beyond 32 bits', 2 ** 31],
    ['a number beyond all', 1e308],
    ['a fraction', 1.5],
    ['text', 'ten'],
    ['an object', { n: 1 }],
    ['a list in lists', [[[1]]]],
  ])('such as %s for a page are refused', async (_name, n) => {
    const { data, errors } = await send(gateway, PAGE, { variables: { n } });
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    await expectUnharmed();
  });

  test('nested a thousand deep are refused', async () => {
    let n: unknown = 1;
    for (let depth = 0; depth < 1_000; depth += 1) n = { n };
    const { errors } = await send(gateway, PAGE, { variables: { n } });
    expect(errors).toMatchObject([
      { message: 'variables nest at most 100 deep', extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    await expectUnharmed();
  });

  test('under names of the prototype are harmless', async () => {
    const query = '{ __proto__: motto constructor: motto toString: motto }';
    const { data } = await send(gateway, query);
    expect(Object.keys(data as object).sort()).toEqual(['__proto__', 'constructor', 'toString']);
    await expectUnharmed();
  });
});

test('GW-4 a message of 5 MB closes its socket with 1009, and no other', async () => {
  const [loud, quiet] = [await connect(gateway.url), await connect(gateway.url)];
  loud.send('x'.repeat(5_000_000));
  expect((await loud.closed).code).toBe(1009);
  quiet.subscribe('1', '{ motto }');
  expect(await quiet.next()).toMatchObject({ type: 'next' });
  quiet.close();
  await expectUnharmed();
});

test('GW-4 garbage on a socket closes it with 4400, and no other', async () => {
  const quiet = await connect(gateway.url);
  for (const garbage of ['{', 'null', '[]', '{"type":"__proto__"}', '{"type":7}']) {
    const loud = await openSocket(gateway.url);
    loud.send(garbage);
    expect((await loud.closed).code).toBe(4400);
  }
  quiet.subscribe('1', '{ motto }');
  expect(await quiet.next()).toMatchObject({ type: 'next' });
  quiet.close();
  await expectUnharmed();
});

describe('GW-4 whoever sends slowly', () => {
  const HEAD = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;

  async function opened(): Promise<Socket> {
    const socket = connectTcp(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  test.each([
    ['headers', HEAD],
    ['a body', `${HEAD}Content-Length: 1000\r\n\r\n{"query":`],
    ['chunks of a body', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\n`],
  ])('%s is answered 408 and cut off', async (_name, start) => {
    const socket = await opened();
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    const closed = once(socket, 'close');
    socket.write(start);
    await closed;
    expect(answer.split('\r\n', 1)[0]).toBe('HTTP/1.1 408 Request Timeout');
    await expectUnharmed();
  });

  test('is not waited for when it leaves', async () => {
    for (let count = 0; count < 20; count += 1) {
      const socket = await opened();
      socket.write(`${HEAD}Content-Length: 1000\r\n\r\n{"query":`);
      socket.resetAndDestroy();
    }
    await expectUnharmed();
  });
});

describe('GW-4 pages of other origins', () => {
  test.each([
    ['a form', 'application/x-www-form-urlencoded', 'query=mutation{touch}'],
    ['plain text', 'text/plain', '{"query":"mutation { touch }"}'],
    ['an upload', 'multipart/form-data; boundary=x', '--x--'],
  ])('cannot send %s without a preflight', async (_name, type, body) => {
    const response = await post(body, { 'content-type': type });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.json()).toHaveProperty('errors');
  });

  test('cannot run a query by a link either', async () => {
    const simple = await fetch(`${gateway.url}?query={motto}`);
    expect(simple.status).toBe(400);
    expect(JSON.stringify(await simple.json())).toContain('CSRF');
    const asked = { 'apollo-require-preflight': '1' };
    const allowed = await fetch(`${gateway.url}?query={motto}`, { headers: asked });
    expect(await allowed.json()).toEqual({ data: { motto: 'true to the line' } });
  });

  test('of the list see when to come back, others are told nothing', async () => {
    const headersFor = async (origin: string) =>
      (await post('{"query":"{ motto }"}', { origin })).headers;
    const listed = await headersFor('https://desk.example');
    expect(listed.get('access-control-allow-origin')).toBe('https://desk.example');
    expect(listed.get('access-control-expose-headers')).toContain('retry-after');
    const other = await headersFor('https://desk.example.evil.example');
    expect(other.get('access-control-allow-origin')).toBeNull();
    expect(other.get('vary')).toContain('origin');
  });

  test('cannot frame us, and are told to stay on TLS by whoever ends it', async () => {
    const { headers } = await post('{"query":"{ motto }"}');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toBeNull();
    const secure = await post('{"query":"{ motto }"}', { 'x-forwarded-proto': 'https' });
    expect(secure.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });
});
