import { request as httpRequest } from 'node:http';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { ask } from './ask.ts';
import { createSmallPlatform, startSmallGateway } from './small-platform.ts';

const platform = createSmallPlatform();
const metrics = new Registry();
const outages = new Set<string>();
let isDatabaseUp = true;
let gateway: Gateway;
let base: string;

beforeAll(async () => {
  gateway = await startSmallGateway(platform, {
    metrics,
    outages,
    corsOrigins: ['https://desk.example'],
    requestTimeoutMs: 300,
    readyChecks: {
      database: async () => {
        if (!isDatabaseUp) throw new Error('it does not answer');
      },
    },
  });
  base = gateway.url.replace('/graphql', '');
});
afterAll(() => gateway.stop());

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const codesOf = (answer: Awaited<ReturnType<typeof ask>>) =>
  answer.errors?.map(({ extensions }) => extensions['code']);

describe('GW-1 one endpoint for all subgraphs', () => {
  test('a query is answered from three subgraphs at once', async () => {
    const query = '{ instruments { symbol price rating quantity } held { symbol } }';
    const { data, errors } = await ask(gateway.url, query, { as: 'viewer' });
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      instruments: [
        { symbol: 'AAPL', price: '187.5', rating: 'rated ins_AAPL', quantity: 8 },
        { symbol: 'MSFT', price: '410', rating: 'rated ins_MSFT', quantity: 8 },
      ],
      held: [{ symbol: 'AAPL' }, { symbol: 'MSFT' }],
    });
  });

  test('GET answers queries, and refuses mutations with 405', async () => {
    const get = (query: string) =>
      fetch(`${gateway.url}?query=${encodeURIComponent(query)}`, {
        headers: { 'apollo-require-preflight': '1' },
      });
    expect(await (await get('{ motto }')).json()).toEqual({ data: { motto: 'true to the line' } });
    expect((await get('mutation { touch }')).status).toBe(405);
  });

  test('a subscription is told to come over WebSocket', async () => {
    const answer = await ask(gateway.url, 'subscription { heartbeat }', { as: 'viewer' });
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(answer.errors?.[0]?.message).toContain('WebSocket');
  });

  test('the correlation id of the caller comes back, and a strange one is replaced', async () => {
    const idOf = async (given: string) => {
      const headers = { 'x-correlation-id': given };
      return (await ask(gateway.url, '{ motto }', { headers })).headers.get('x-correlation-id');
    };
    expect(await idOf('order-7')).toBe('order-7');
    expect(await idOf('x'.repeat(65))).toMatch(/^id-\d+$/);
    expect(await idOf('a b"c')).toMatch(/^id-\d+$/);
  });
});

describe('GW-5 one subgraph down', () => {
  test('empties its fields with an error that names it, and no others', async () => {
    outages.add('risk');
    const query = '{ calm motto instruments { symbol rating quantity } }';
    const { data, errors } = await ask(gateway.url, query, { as: 'viewer' });
    outages.delete('risk');
    expect(data).toEqual({
      calm: null,
      motto: 'true to the line',
      instruments: [
        { symbol: 'AAPL', rating: null, quantity: 8 },
        { symbol: 'MSFT', rating: null, quantity: 8 },
      ],
    });
    expect(errors).toMatchObject([
      { path: ['calm'], extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'risk' } },
      { path: ['instruments'], extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'risk' } },
    ]);
    expect(errors?.[0]?.message).toContain('risk');
  });

  test('one too slow becomes TIMEOUT at the deadline, the rest is answered', async () => {
    const startedAt = performance.now();
    const { data, errors } = await ask(gateway.url, '{ slow calm }');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(data).toEqual({ slow: null, calm: 'calm' });
    expect(errors).toMatchObject([
      { path: ['slow'], extensions: { code: 'TIMEOUT', service: 'market-data' } },
    ]);
  });

  test('a bug in a subgraph is masked, a failure keeps code and details', async () => {
    const { data, errors } = await ask(gateway.url, '{ worst { id bug refusal } }');
    expect(data).toEqual({ worst: { id: 'ins_AAPL', bug: null, refusal: null } });
    expect(errors).toMatchObject([
      {
        path: ['worst', 'bug'],
        message: 'Internal server error',
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
      { path: ['worst', 'refusal'], extensions: { code: 'RATE_LIMITED', limit: 'PER_SECOND' } },
    ]);
    expect(JSON.stringify(errors)).not.toContain('select');
    expect(JSON.stringify(errors)).not.toContain('stack');
  });
});

describe('GW-4 limits', () => {
  const deep = `{ worst { id ${'... on Instrument { '.repeat(5)}id${' }'.repeat(5)} } }`;
  const nested = (depth: number) => `${'{ ofType '.repeat(depth)}{ name }${' }'.repeat(depth)}`;

  test.each([
    ['aliases', `{ ${times(201, (i) => `a${i}: motto`)} }`, 'maxAliases'],
    ['directives', `{ motto ${'@include(if: true) '.repeat(101)} }`, 'maxDirectives'],
    ['tokens', `{ ${'motto '.repeat(10_001)} }`, 'maxTokens'],
    [
      'fields of a pyramid of fragments',
      `{ ...F0 } ${times(14, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)}
      fragment F14 on Query { motto }`,
      'maxFields',
    ],
  ])('on %s are refused by name', async (_name, query, limit) => {
    const answer = await ask(gateway.url, query);
    expect(answer.status).toBe(400);
    expect(answer.errors?.map(({ extensions }) => extensions)).toContainEqual(
      expect.objectContaining({ code: 'OPERATION_TOO_COMPLEX', limit }),
    );
  });

  test('count fields, not fragments, as depth, and leave introspection alone', async () => {
    expect((await ask(gateway.url, deep)).errors).toBeUndefined();
    const types = `{ __schema { types { fields { type ${nested(9)} } } } }`;
    expect((await ask(gateway.url, types)).errors).toBeUndefined();
  });

  test('on the body are 413, and off when asked', async () => {
    const big = `{ motto } # ${'x'.repeat(1_100_000)}`;
    const refused = await ask(gateway.url, big);
    expect(refused.status).toBe(413);
    expect(refused.errors?.[0]?.extensions).toMatchObject({ limit: 'maxBodyBytes' });
    const open = await startSmallGateway(platform, { limits: 'off' });
    expect((await ask(open.url, big)).data).toEqual({ motto: 'true to the line' });
    const aliases = `{ ${times(1_000, (i) => `a${i}: motto`)} }`;
    expect((await ask(open.url, aliases)).errors).toBeUndefined();
    await open.stop();
  });

  test('stop a body without a length that never ends', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      request.once('response', (response) => resolve(response.statusCode));
      request.on('error', reject);
      const chunk = Buffer.alloc(65_536, 'x');
      for (let count = 0; count < 20; count += 1) request.write(chunk);
    });
    expect(status).toBe(413);
  });
});

describe('a request that is none', () => {
  test.each([
    ['no JSON', '{', 'application/json', 400],
    ['an array', '[{"query":"{ motto }"}]', 'application/json', 400],
    ['a form of any page', 'query={motto}', 'application/x-www-form-urlencoded', 415],
    ['plain text', '{"query":"{ motto }"}', 'text/plain', 415],
  ])('%s is answered %s', async (_name, body, type, status) => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('errors');
  });

  test('a syntax error is 400 with its place', async () => {
    const answer = await ask(gateway.url, '{ motto');
    expect(answer.status).toBe(400);
    expect(answer.errors).toMatchObject([
      { locations: [{ line: 1, column: 8 }], extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
    ]);
  });

  test('an unknown path says what there is', async () => {
    const response = await fetch(`${base}/graphiql`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('/graphql');
  });
});

describe('who may read answers', () => {
  const preflight = (origin: string) =>
    fetch(gateway.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('pages of the CORS list, and no others', async () => {
    const allowed = await preflight('https://desk.example');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://desk.example');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    const other = await preflight('https://evil.example');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('security headers are on every answer', async () => {
    for (const path of ['/graphql', '/health/live', '/nothing']) {
      const { headers } = await fetch(`${base}${path}`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
  });
});

describe('OP-1 health and metrics', () => {
  test('live always, ready only when every check is', async () => {
    expect((await fetch(`${base}/health/live`)).status).toBe(200);
    const ready = await fetch(`${base}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: 'ready', checks: { database: 'ok' } });
    isDatabaseUp = false;
    const unready = await fetch(`${base}/health/ready`);
    isDatabaseUp = true;
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({
      status: 'not ready',
      checks: { database: 'it does not answer' },
    });
  });

  test('metrics count operations and fetches by outcome', async () => {
    const own = new Registry();
    const counted = await startSmallGateway(platform, { metrics: own });
    await ask(counted.url, '{ motto }');
    await ask(counted.url, '{ instrument(symbol: "AAPL") { id } }');
    await ask(counted.url, '{ nothing }');
    await ask(counted.url, 'mutation { touch }');
    const response = await fetch(counted.url.replace('/graphql', '/metrics'));
    const text = await response.text();
    await counted.stop();
    expect(response.headers.get('content-type')).toContain('text/plain');
    const requests = 'plumbline_gateway_requests_total';
    for (const line of [
      `${requests}{operation="query",transport="http",outcome="ok"} 1`,
      `${requests}{operation="query",transport="http",outcome="errors"} 1`,
      `${requests}{operation="unknown",transport="http",outcome="refused"} 1`,
      `${requests}{operation="mutation",transport="http",outcome="ok"} 1`,
      'plumbline_gateway_subgraph_fetches_total{subgraph="market-data",outcome="ok"} 2',
    ]) {
      expect(text).toContain(line);
    }
  });
});

describe('stopping', () => {
  test('answers what is in hand and takes nothing new', async () => {
    const stopping = await startSmallGateway(platform, { requestTimeoutMs: 200 });
    const inHand = ask(stopping.url, '{ slow calm }');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const startedAt = performance.now();
    const stopped = stopping.stop();
    expect((await inHand).data).toEqual({ slow: null, calm: 'calm' });
    await stopped;
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await expect(ask(stopping.url, '{ motto }')).rejects.toThrow('fetch failed');
  });

  test('a port that is taken is said in one sentence', async () => {
    await expect(startSmallGateway(platform, { port: gateway.port })).rejects.toThrow(
      new RegExp(`^Stop what listens on port ${gateway.port}, or set PORT`),
    );
  });
});

test('codes are on every error', async () => {
  expect(codesOf(await ask(gateway.url, '{ nothing }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
});
