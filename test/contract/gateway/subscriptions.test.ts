import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { GATEWAY_LIMITS, type Gateway } from '../../../gateway/gateway-options.ts';
import { connect, openSocket, type SocketClient, until } from './socket-client.ts';
import { createSmallPlatform, MODES, startSmallGateway } from './small-platform.ts';

describe.each(MODES)('subgraphs %s', (mode) => {
  const platform = createSmallPlatform(mode);
  const metrics = new Registry();
  const outages = new Set<string>();
  const AAPL = { id: 'ins_AAPL', symbol: 'AAPL', price: '188' };
  const MSFT = { id: 'ins_MSFT', symbol: 'MSFT', price: '411' };
  const PRICES = 'subscription { priceChanged(symbols: ["AAPL"]) { symbol price } }';
  let gateway: Gateway;
  const open: SocketClient[] = [];

  beforeAll(async () => {
    gateway = await startSmallGateway(platform, { metrics, outages });
  });
  afterAll(() => gateway.stop());
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.close();
    await until(() => platform.prices.listeners() === 0);
  });

  async function as(role: string | undefined): Promise<SocketClient> {
    const params = role === undefined ? {} : { authorization: `Bearer ${role}` };
    const socket = await connect(gateway.url, { params });
    open.push(socket);
    return socket;
  }

  async function gauge(name: string): Promise<number> {
    const values = (await metrics.getMetricsAsJSON()).find((each) => each.name === name)?.values;
    return values?.[0]?.value ?? 0;
  }

  describe('GW-2 subscriptions over WebSocket', () => {
    test('stream events in order and end when the client completes', async () => {
      const socket = await as('viewer');
      socket.subscribe('1', PRICES);
      await until(() => platform.prices.listeners() === 1);
      platform.prices.push(AAPL);
      platform.prices.push(MSFT);
      platform.prices.push({ ...AAPL, price: '189' });
      expect(await socket.frame('1')).toEqual({
        data: { priceChanged: { symbol: 'AAPL', price: '188' } },
      });
      expect(await socket.frame('1')).toEqual({
        data: { priceChanged: { symbol: 'AAPL', price: '189' } },
      });
      expect(await gauge('plumbline_gateway_active_subscriptions')).toBe(1);
      socket.send({ type: 'complete', id: '1' });
      await until(() => platform.prices.listeners() === 0);
      expect(await gauge('plumbline_gateway_active_subscriptions')).toBe(0);
      expect(socket.isOpen()).toBe(true);
    });

    test('carry fields of other subgraphs, with variables, aliases and fragments', async () => {
      const socket = await as('viewer');
      socket.subscribe(
        'a',
        `subscription Watch($symbols: [String!]!, $deep: Boolean!, $no: Boolean = false) {
          tick: priceChanged(symbols: $symbols) {
            __typename
            ...Risky
            held: quantity @include(if: $deep)
            quantity @skip(if: $deep)
            rating @include(if: $no)
          }
        }
        fragment Risky on Instrument { sym: symbol ... on Instrument { grade: rating } }`,
        { variables: { symbols: ['MSFT', 'AAPL'], deep: true }, operationName: 'Watch' },
      );
      await until(() => platform.prices.listeners() === 1);
      platform.prices.push(MSFT);
      platform.prices.push(AAPL);
      expect(await socket.frame('a')).toEqual({
        data: {
          tick: { __typename: 'Instrument', sym: 'MSFT', grade: 'rated ins_MSFT', held: 8 },
        },
      });
      const { data } = await socket.frame('a');
      expect(data).toMatchObject({ tick: { grade: 'rated ins_AAPL' } });
    });

    test.each([
      [
        'fragments, aliases, lists of lists and conditions',
        `subscription ($no: Boolean = false) {
          t: tick(symbol: "AAPL") {
            ...Deep
            quotes { ask @skip(if: $no) bid @include(if: $no) }
            ... on Tick { instrument { symbol id } }
          }
        }
        fragment Deep on Tick { when: at instrument { price } }`,
        {
          t: {
            when: 7,
            instrument: { price: '187.5', symbol: 'AAPL', id: 'ins_AAPL' },
            quotes: [[{ ask: 2 }], []],
          },
        },
      ],
      [
        '__typename beside fields',
        'subscription { tick(symbol: "AAPL") { kind: __typename at } }',
        { tick: { kind: 'Tick', at: 7 } },
      ],
      [
        'an interface',
        'subscription { thingMade { name ... on Table { owner } ... on Chair { other: owner } } }',
        { thingMade: { name: 'table', owner: 'bob' } },
      ],
      [
        'null',
        'subscription { tick(symbol: "NONE") { instrument { id } } }',
        {
          tick: { instrument: null },
        },
      ],
    ])('of one subgraph alone are shaped as asked: %s', async (_name, query, data) => {
      const socket = await as('viewer');
      socket.subscribe('s', query);
      const frame = await socket.frame('s');
      expect(frame).toEqual({ data });
      expect(JSON.stringify(frame.data)).toBe(JSON.stringify(data));
    });

    test('of one subgraph alone keep their errors', async () => {
      const socket = await as('viewer');
      socket.subscribe('f', 'subscription { tick(symbol: "AAPL") { at failing } }');
      expect(await socket.frame('f')).toMatchObject({
        data: { tick: { at: 7, failing: null } },
        errors: [
          {
            path: ['tick', 'failing'],
            extensions: { code: 'VERSION_CONFLICT', service: 'market-data' },
          },
        ],
      });
    });

    test('complete when the subgraph ends the stream', async () => {
      const socket = await as(undefined);
      socket.subscribe('h', 'subscription { heartbeat }');
      expect(await socket.frame('h')).toEqual({ data: { heartbeat: 1 } });
      expect(await socket.frame('h')).toEqual({ data: { heartbeat: 2 } });
      expect(await socket.next()).toEqual({ type: 'complete', id: 'h' });
    });

    test('mask bugs and keep failures of other subgraphs, each with its path', async () => {
      const socket = await as('viewer');
      const query = 'subscription { priceChanged(symbols: ["AAPL"]) { symbol bug refusal } }';
      socket.subscribe('e', query);
      await until(() => platform.prices.listeners() === 1);
      platform.prices.push(AAPL);
      const { data, errors } = await socket.frame('e');
      expect(data).toEqual({ priceChanged: { symbol: 'AAPL', bug: null, refusal: null } });
      expect(errors).toMatchObject([
        {
          path: ['priceChanged', 'bug'],
          message: 'Internal server error',
          extensions: { code: 'INTERNAL_SERVER_ERROR', service: 'risk' },
        },
        {
          path: ['priceChanged', 'refusal'],
          extensions: { code: 'RATE_LIMITED', limit: 'PER_SECOND', service: 'risk' },
        },
      ]);
      expect(JSON.stringify(errors)).not.toContain('secrets');
    });

    test('go on without the fields of a subgraph that is down, and name it', async () => {
      const socket = await as('viewer');
      socket.subscribe('d', 'subscription { priceChanged(symbols: ["AAPL"]) { symbol rating } }');
      await until(() => platform.prices.listeners() === 1);
      outages.add('risk');
      platform.prices.push(AAPL);
      const { data, errors } = await socket.frame('d');
      outages.delete('risk');
      expect(data).toEqual({ priceChanged: { symbol: 'AAPL', rating: null } });
      expect(errors).toMatchObject([
        { path: ['priceChanged'], extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'risk' } },
      ]);
      platform.prices.push(AAPL);
      expect(await socket.frame('d')).toEqual({
        data: { priceChanged: { symbol: 'AAPL', rating: 'rated ins_AAPL' } },
      });
    });

    test('answer error when the owning subgraph is down', async () => {
      outages.add('market-data');
      const socket = await as('viewer');
      socket.subscribe('o', PRICES);
      expect(await socket.next()).toMatchObject({
        type: 'error',
        id: 'o',
        payload: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'market-data' } }],
      });
      outages.delete('market-data');
    });
  });

  describe('GW-3 roles and scopes on the socket', () => {
    test('a subscription without a token is refused, and the socket stays open', async () => {
      const socket = await as(undefined);
      socket.subscribe('1', PRICES);
      expect(await socket.next()).toMatchObject({
        type: 'error',
        id: '1',
        payload: [{ path: ['priceChanged'], extensions: { code: 'UNAUTHENTICATED' } }],
      });
      expect(platform.prices.listeners()).toBe(0);
      socket.subscribe('2', '{ motto }');
      expect(await socket.frame('2')).toEqual({ data: { motto: 'true to the line' } });
    });

    test('denied fields of an event are null, never fetched, for that caller only', async () => {
      const query = 'subscription { priceChanged(symbols: ["AAPL"]) { symbol cost secretRating } }';
      const viewer = await as('viewer');
      const trader = await as('trader');
      const feed = await as('feed');
      platform.calls.length = 0;
      for (const socket of [viewer, trader, feed]) socket.subscribe('1', query);
      await until(() => platform.prices.listeners() === 3);
      platform.prices.push(AAPL);
      expect(await viewer.frame('1')).toMatchObject({
        data: { priceChanged: { symbol: 'AAPL', cost: null, secretRating: 'secret ins_AAPL' } },
        errors: [{ path: ['priceChanged', 'cost'], extensions: { code: 'FORBIDDEN' } }],
      });
      expect(await trader.frame('1')).toMatchObject({ data: { priceChanged: { cost: 12 } } });
      expect(await feed.frame('1')).toMatchObject({
        data: { priceChanged: { cost: null, secretRating: null } },
      });
      expect(platform.calls.filter((call) => call === 'cost')).toHaveLength(1);
      expect(platform.calls.filter((call) => call === 'secretRating')).toHaveLength(2);
    });

    test.each([
      ['authorization', { authorization: 'Bearer viewer' }],
      ['Authorization', { Authorization: 'Bearer viewer' }],
      ['token', { token: 'viewer' }],
    ])('the token may come as %s of the connection', async (_name, params) => {
      const socket = await connect(gateway.url, { params });
      open.push(socket);
      socket.subscribe('1', '{ instrument(symbol: "AAPL") { symbol } }');
      expect(await socket.frame('1')).toEqual({ data: { instrument: { symbol: 'AAPL' } } });
    });

    test('the token may come with the upgrade request', async () => {
      const socket = await connect(gateway.url, { headers: { authorization: 'Bearer viewer' } });
      open.push(socket);
      socket.subscribe('1', '{ instrument(symbol: "AAPL") { symbol } }');
      expect(await socket.frame('1')).toMatchObject({ data: { instrument: { symbol: 'AAPL' } } });
    });

    test('a token that is not accepted closes with 4403', async () => {
      const socket = await openSocket(gateway.url);
      socket.send({ type: 'connection_init', payload: { token: 'nobody' } });
      expect(await socket.closed).toEqual({ code: 4403, reason: 'Forbidden' });
    });

    test('a token that expires ends the streams and closes with 4403', async () => {
      const socket = await as(`viewer-until-${Date.now() + 150}`);
      socket.subscribe('1', PRICES);
      await until(() => platform.prices.listeners() === 1);
      expect(await socket.closed).toEqual({ code: 4403, reason: 'token expired' });
      await until(() => platform.prices.listeners() === 0);
    });
  });

  describe('operations that are no good', () => {
    test.each([
      ['a syntax error', 'subscription { priceChanged(', 'GRAPHQL_PARSE_FAILED'],
      ['an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      ['two roots', 'subscription { a: heartbeat b: heartbeat }', 'GRAPHQL_VALIDATION_FAILED'],
      ['a condition on the root', 'subscription { heartbeat @skip(if: false) }', 'BAD_USER_INPUT'],
      ['no operation', 'fragment F on Query { motto } query Q { ...F }', 'BAD_USER_INPUT'],
    ])('%s answers error and leaves the socket open', async (_name, query, code) => {
      const socket = await as('viewer');
      socket.subscribe('bad', query, { operationName: code === 'BAD_USER_INPUT' ? 'Other' : null });
      expect(await socket.next()).toMatchObject({
        type: 'error',
        id: 'bad',
        payload: [{ extensions: { code } }],
      });
      socket.subscribe('good', '{ motto }');
      expect(await socket.frame('good')).toEqual({ data: { motto: 'true to the line' } });
    });

    test('a variable of the wrong type answers error', async () => {
      const socket = await as('viewer');
      const query = 'subscription ($s: [String!]!) { priceChanged(symbols: $s) { symbol } }';
      socket.subscribe('1', query, { variables: { s: null } });
      expect(await socket.next()).toMatchObject({
        type: 'error',
        payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      });
    });

    test('too many operations on one socket are refused by name', async () => {
      const limits = { ...GATEWAY_LIMITS, maxSubscriptionsPerSocket: 2 };
      const strict = await startSmallGateway(platform, { limits });
      const socket = await connect(strict.url, { params: { token: 'viewer' } });
      for (const id of ['1', '2', '3']) socket.subscribe(id, PRICES);
      expect(await socket.next()).toMatchObject({
        type: 'error',
        id: '3',
        payload: [{ extensions: { code: 'RATE_LIMITED', limit: 'maxSubscriptionsPerSocket' } }],
      });
      await strict.stop();
    });

    test.each([
      ['garbage', 'hello', 4400],
      ['a message of no known type', '{"type":"dance"}', 4400],
      ['a message above the limit', `"${'x'.repeat(1_100_000)}"`, 1009],
      ['subscribing first', '{"type":"subscribe","id":"1","payload":{"query":"{a}"}}', 4401],
    ])('%s closes with the code of the protocol', async (_name, message, code) => {
      const socket = await openSocket(gateway.url);
      socket.send(message);
      expect((await socket.closed).code).toBe(code);
    });

    test('a second connection_init closes with 4429, a used id with 4409', async () => {
      const again = await as('viewer');
      again.send({ type: 'connection_init' });
      expect((await again.closed).code).toBe(4429);
      const twice = await as('viewer');
      twice.subscribe('1', PRICES);
      twice.subscribe('1', PRICES);
      expect((await twice.closed).code).toBe(4409);
    });
  });

  describe('queries and mutations over the socket', () => {
    test('take the same way as over HTTP, limits and rules included', async () => {
      const socket = await as('viewer');
      socket.subscribe('1', 'mutation { touch rename(symbol: "AAPL", to: "B") { id } }');
      expect(await socket.frame('1')).toMatchObject({
        data: null,
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      });
      expect(await socket.next()).toEqual({ type: 'complete', id: '1' });
      const aliases = Array.from({ length: 201 }, (_, index) => `a${index}: motto`).join(' ');
      socket.subscribe('2', `{ ${aliases} }`);
      expect(await socket.next()).toMatchObject({
        type: 'error',
        payload: [{ extensions: { code: 'OPERATION_TOO_COMPLEX', limit: 'maxAliases' } }],
      });
    });
  });

  describe('stopping', () => {
    test('closes sockets with 1001 and ends their streams', async () => {
      const own = createSmallPlatform(mode);
      const stopping = await startSmallGateway(own);
      const socket = await connect(stopping.url, { params: { token: 'viewer' } });
      socket.subscribe('1', PRICES);
      await until(() => own.prices.listeners() === 1);
      await stopping.stop();
      expect((await socket.closed).code).toBe(1001);
      expect(own.prices.listeners()).toBe(0);
      await expect(openSocket(stopping.url)).rejects.toThrow('ECONNREFUSED');
    });
  });
});
