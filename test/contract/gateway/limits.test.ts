import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixedClock, systemClock } from '#platform/clock';
import { type Gateway, GATEWAY_LIMITS } from '../../../gateway/gateway-options.ts';
import { ask } from './ask.ts';
import {
  createLimitedPlatform,
  isServing,
  overHttp,
  overSocket,
  startLimited,
  WAYS,
} from './limited-platform.ts';
import { verifyTestToken } from './small-platform.ts';
import { connect, openSocket } from './socket-client.ts';

const platform = createLimitedPlatform();
const soon = { timeout: 15_000 };
let gateway: Gateway;

beforeAll(async () => {
  gateway = await startLimited(platform, { limits: { ...GATEWAY_LIMITS, maxCost: 1_000 } });
});
afterAll(() => gateway.stop());

const repeated = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const INTO = '{ edges { node { page(first: 1) ';
const nested = (depth: number) =>
  `{ items(first: 1) ${INTO.repeat(depth)}{ __typename }${' } } }'.repeat(depth)} }`;

describe.each(WAYS)('GW-4 limits %s', (_way, send) => {
  const limitsIn = async (query: string, variables?: Record<string, unknown>) => {
    const { data, errors } = await send(gateway, query, variables ? { variables } : {});
    expect(data ?? null).toBeNull();
    return errors?.map(({ extensions: { code, limit } }) => [code, limit]);
  };

  test.each([
    ['depth', nested(20), 'maxDepth'],
    ['a thousand aliases', `{ ${repeated(1_000, (i) => `a${i}: motto`)} }`, 'maxAliases'],
    ['a field repeated', `{ ${repeated(2_001, () => 'motto')} }`, 'maxFields'],
    ['directives', `{ motto ${'@include(if: true) '.repeat(101)} }`, 'maxDirectives'],
    ['tokens', `{ ${'motto '.repeat(10_001)} }`, 'maxTokens'],
    ['brackets', '{ motto '.repeat(5_000), 'maxNesting'],
    ['cost', '{ a: dear b: dear }', 'maxCost'],
    [
      'lists in lists',
      '{ items(first: 100) { edges { node { page(first: 100) { edges { node { name } } } } } } }',
      'maxCost',
    ],
  ])('on %s are refused by name', async (_name, query, limit) => {
    expect(await limitsIn(query)).toContainEqual(['OPERATION_TOO_COMPLEX', limit]);
    expect(await isServing(gateway)).toBe(true);
  });

  test.each([
    ['a number', '{ items(first: 101) { edges { node { name } } } }', undefined],
    ['a variable', 'query ($n: Int) { items(first: $n) { edges { node { name } } } }', { n: 101 }],
    ['a default', 'query ($n: Int = 101) { items(first: $n) { edges { node { name } } } }', {}],
    ['the largest', 'query ($n: Int) { items(first: $n) { edges { node { name } } } }', { n: 2e9 }],
  ])('on a page asked for by %s say what was expected and what came', async (_n, query, given) => {
    const { data, errors } = await send(gateway, query, given ? { variables: given } : {});
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', limit: 'maxPageSize', allowed: 100 } },
    ]);
    expect(errors?.[0]?.message).toMatch(
      /^Query.items: first is at most 100, was (101|2000000000)$/,
    );
  });

  test('let the largest page pass, whatever cannot be seen in a message before', async () => {
    const query = 'query ($n: Int) { items(first: $n) { edges { node { name } } } }';
    expect((await send(gateway, query, { variables: { n: 100 } })).errors).toBeUndefined();
    expect((await send(gateway, query, { variables: {} })).errors).toBeUndefined();
  });

  test('tell the cost that was estimated when asked to', async () => {
    const query = 'query ($n: Int) { items(first: $n) { edges { node { name } } } motto }';
    const cost = { variables: { n: 20 }, more: { extensions: { cost: true } } };
    expect(await send(gateway, query, cost)).toMatchObject({
      extensions: { cost: { estimated: 1 + 20 * 2, maxCost: 1_000 } },
    });
    expect(await send(gateway, query)).not.toHaveProperty('extensions');
  });

  test('are none when they are off', async () => {
    const open = await startLimited(platform, { limits: 'off' });
    const query = `{ ${repeated(300, (i) => `a${i}: dear`)} items(first: 5000) { __typename } }`;
    const { errors } = await send(open, query);
    await open.stop();
    expect(errors).toBeUndefined();
  });

  test('on the rate of one user leave the others alone, and end with time', async () => {
    const clock = fixedClock(systemClock.nowMs());
    const each = { perSecond: 10, burst: 50 };
    const rates = { user: each, program: each, anonymous: each };
    const metrics = new Registry();
    const strict = await startLimited(platform, {
      limits: { ...GATEWAY_LIMITS, rates },
      clock,
      metrics,
    });
    const items = '{ items(first: 20) { edges { node { name } } } }';
    expect((await send(strict, items, { as: 'trader' })).errors).toBeUndefined();
    const { data, errors } = await send(strict, items, { as: 'trader' });
    expect(data ?? null).toBeNull();
    // Of 50 were taken 41, and 1 for coming in; coming in again and 40 more need 33.
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('costPerSecondOfUser is 10 with a burst of 50') as string,
        extensions: { code: 'RATE_LIMITED', limit: 'costPerSecondOfUser', allowed: 10 },
      },
    ]);
    expect(errors?.[0]?.extensions['retryAfterMs']).toBe(3_300);
    expect((await send(strict, items, { as: 'viewer' })).errors).toBeUndefined();
    expect((await send(strict, items)).errors).toBeUndefined();
    clock.advance(3_300);
    expect((await send(strict, items, { as: 'trader' })).errors).toBeUndefined();
    const text = await metrics.metrics();
    await strict.stop();
    expect(text).toContain('plumbline_gateway_refusals_total{limit="costPerSecondOfUser"} 1');
  });

  test('on the rate make garbage pay as well', async () => {
    const each = { perSecond: 0.001, burst: 3 };
    const rates = { user: each, program: each, anonymous: each };
    const strict = await startLimited(platform, { limits: { ...GATEWAY_LIMITS, rates } });
    const codes: unknown[] = [];
    for (let count = 0; count < 4; count += 1) {
      const { errors } = await send(strict, '{ garbage');
      codes.push(errors?.[0]?.extensions['code']);
    }
    await strict.stop();
    expect(codes).toEqual([...Array<string>(3).fill('GRAPHQL_PARSE_FAILED'), 'RATE_LIMITED']);
  });

  test('hide what graphql-js would suggest in production, and only there', async () => {
    const production = await startLimited(platform, { isProduction: true });
    const asked = [
      ['{ mottoo }', undefined],
      ['{ motto(sorting: NAM) }', undefined],
      ['query ($s: Sorting) { motto(sorting: $s) }', { s: 'NAM' }],
      ['subscription ($s: Sorting) { made(sorting: $s) { edges { __typename } } }', { s: 'NAM' }],
    ] as const;
    for (const [query, variables] of asked) {
      if (send === overHttp && query.startsWith('subscription')) continue;
      const given = variables ? { variables } : {};
      expect(JSON.stringify((await send(gateway, query, given)).errors)).toContain('Did you mean');
      const { errors } = await send(production, query, given);
      expect(errors).toHaveLength(1);
      expect(JSON.stringify(errors)).not.toContain('Did you mean');
    }
    await production.stop();
  });

  test('on introspection are lifted by a token in production', async () => {
    const production = await startLimited(platform, { isProduction: true });
    const query = '{ __schema { queryType { name } } }';
    const nobody = await send(production, query);
    const viewer = await send(production, query, { as: 'viewer' });
    await production.stop();
    expect(nobody.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(viewer).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } });
  });
});

describe('GW-4 limits as HTTP has them', () => {
  test('429 with Retry-After, in whole seconds', async () => {
    const each = { perSecond: 1, burst: 5 };
    const rates = { user: each, program: each, anonymous: each };
    const clock = fixedClock(systemClock.nowMs());
    const strict = await startLimited(platform, { limits: { ...GATEWAY_LIMITS, rates }, clock });
    for (let count = 0; count < 5; count += 1) await ask(strict.url, '{ motto }');
    const { status, headers, errors } = await ask(strict.url, '{ motto }');
    await strict.stop();
    expect([status, headers.get('retry-after')]).toEqual([429, '1']);
    expect(errors).toMatchObject([{ extensions: { limit: 'costPerSecondOfAddress' } }]);
    expect(errors?.[0]?.extensions).not.toHaveProperty('http');
  });
});

describe('GW-4 limits on subscriptions', () => {
  test.each([
    ['a page', 'subscription { made(first: 101) { edges { node { name } } } }', 'maxPageSize'],
    [
      'cost',
      `subscription { made(first: 100) { edges { node { page(first: 100) { edges { node { name }
      } } } } } }`,
      'maxCost',
    ],
  ])('%s', async (_name, query, limit) => {
    const { errors } = await overSocket(gateway, query);
    expect(errors).toMatchObject([{ extensions: { limit } }]);
    const { data } = await overSocket(gateway, 'subscription { made { edges { node { name } } } }');
    expect(data).toEqual({
      made: { edges: [{ node: { name: 'item' } }, { node: { name: 'item' } }] },
    });
  });
});

describe('GW-4 limits on sockets', () => {
  test('one user holds so many, and may open another when one is closed', async () => {
    const limits = { ...GATEWAY_LIMITS, maxSocketsPerUser: 2 };
    const strict = await startLimited(platform, { limits });
    const params = { token: 'trader' };
    const [one, two] = [
      await connect(strict.url, { params }),
      await connect(strict.url, { params }),
    ];
    const third = await openSocket(strict.url);
    third.send({ type: 'connection_init', payload: params });
    expect(await third.closed).toEqual({ code: 4429, reason: 'maxSocketsPerUser is 2' });
    const other = await connect(strict.url, { params: { token: 'viewer' } });
    const nobody = await connect(strict.url);
    one.close();
    await one.closed;
    const again = async () => {
      const socket = await openSocket(strict.url);
      socket.send({ type: 'connection_init', payload: params });
      const first = await Promise.race([socket.next(), socket.closed]);
      socket.close();
      return 'type' in first && first.type;
    };
    await expect.poll(again, soon).toBe('connection_ack');
    for (const socket of [two, other, nobody]) socket.close();
    await strict.stop();
  });

  test('one that leaves while its token is verified takes no place', async () => {
    const verifying: (() => void)[] = [];
    const strict = await startLimited(platform, {
      limits: { ...GATEWAY_LIMITS, maxSocketsPerUser: 1 },
      verifyToken: async (token) => {
        if (token === 'viewer') await new Promise<void>((resolve) => verifying.push(resolve));
        return verifyTestToken('trader');
      },
    });
    const leaving = await openSocket(strict.url);
    leaving.send({ type: 'connection_init', payload: { token: 'viewer' } });
    await expect.poll(() => verifying.length, soon).toBe(1);
    leaving.close();
    await leaving.closed;
    verifying[0]?.();
    const staying = await connect(strict.url, { params: { token: 'trader' } });
    staying.close();
    await strict.stop();
  });

  test('one socket runs so many queries at once, beside its streams', async () => {
    const limits = { ...GATEWAY_LIMITS, maxOperationsPerSocket: 2, maxSubscriptionsPerSocket: 1 };
    const strict = await startLimited(platform, { limits });
    const socket = await connect(strict.url);
    socket.subscribe('stream', 'subscription { never }');
    socket.subscribe('a', '{ waiting }');
    socket.subscribe('b', '{ waiting }');
    await expect.poll(() => platform.waiting(), soon).toBe(2);
    socket.subscribe('c', '{ motto }');
    const refused = await socket.next();
    platform.answer();
    const done = [
      await socket.next(),
      await socket.next(),
      await socket.next(),
      await socket.next(),
    ];
    socket.subscribe('d', '{ motto }');
    const after = await socket.next();
    socket.close();
    await strict.stop();
    expect(refused).toMatchObject({
      type: 'error',
      id: 'c',
      payload: [{ extensions: { code: 'RATE_LIMITED', limit: 'maxOperationsPerSocket' } }],
    });
    expect(done.map(({ type }) => type).sort()).toEqual(['complete', 'complete', 'next', 'next']);
    expect(after).toMatchObject({ type: 'next', id: 'd' });
  });

  test('ten thousand subscribes get as many answers, and the socket goes on', async () => {
    const socket = await connect(gateway.url);
    const count = 10_000;
    for (let id = 0; id < count; id += 1) socket.subscribe(`${id}`, 'subscription { never }');
    const limits = new Set<string | undefined>();
    for (let told = 0; told < count - GATEWAY_LIMITS.maxSubscriptionsPerSocket; told += 1) {
      const { type, payload } = await socket.next();
      expect(type).toBe('error');
      limits.add((payload as { extensions: { limit: string } }[])[0]?.extensions.limit);
    }
    socket.subscribe('last', '{ motto }');
    expect(await socket.next()).toMatchObject({ type: 'next', id: 'last' });
    socket.close();
    await socket.closed;
    expect(
      [...limits].every((limit) => /^max(Subscriptions|Operations)PerSocket$/.test(limit ?? '')),
    ).toBe(true);
    expect(await isServing(gateway)).toBe(true);
  });
});
