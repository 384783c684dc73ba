import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { fixedClock, systemClock } from '#platform/clock';
import type { Endpoint } from '#platform/graphql/endpoint';
import { createInternalTokens } from '#platform/identity/internal-tokens';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { ask } from './ask.ts';
import {
  createSmallPlatform,
  internalTokens,
  SECRET,
  serveSmall,
  startSmallGateway,
} from './small-platform.ts';
import { connect, openSocket, until } from './socket-client.ts';

const platform = createSmallPlatform();
const [marketData, risk, positions] = platform.subgraphs;
if (!marketData || !risk || !positions) throw new Error('three subgraphs are needed');
const PRICES = 'subscription { priceChanged(symbols: ["AAPL"]) { symbol rating } }';
const AAPL = { id: 'ins_AAPL', symbol: 'AAPL', price: '188' };
const RATED = { data: { priceChanged: { symbol: 'AAPL', rating: 'rated ins_AAPL' } } };

let owner: Endpoint;
let rater: Endpoint;
let gateway: Gateway;

beforeAll(async () => {
  owner = await serveSmall(marketData);
  rater = await serveSmall(risk);
  gateway = await startSmallGateway(platform, {
    subgraphs: [positions],
    subgraphUrls: { 'market-data': owner.url, risk: rater.url },
    internalTokens,
    requestTimeoutMs: 1_000,
  });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([owner.stop(), rater.stop()]);
});

const askPosition = () => ask(gateway.url, '{ motto worst { id rating quantity } }');

describe('PL-3 subgraphs in processes of their own', () => {
  test('answer together with those of this process', async () => {
    expect((await askPosition()).data).toEqual({
      motto: 'true to the line',
      worst: { id: 'ins_AAPL', rating: 'rated ins_AAPL', quantity: 8 },
    });
  });

  test('that stop empty their fields, and fill them again once they are back', async () => {
    const { port } = rater;
    await rater.stop();
    const without = await ask(gateway.url, '{ motto calm }');
    expect(without.data).toEqual({ motto: 'true to the line', calm: null });
    expect(without.errors).toMatchObject([
      { path: ['calm'], extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'risk' } },
    ]);
    rater = await serveSmall(risk, port);
    expect((await ask(gateway.url, '{ motto calm }')).data).toEqual({
      motto: 'true to the line',
      calm: 'calm',
    });
  });

  test('that stop end their streams with an error, and can be subscribed to again', async () => {
    const socket = await connect(gateway.url, { params: { token: 'viewer' } });
    socket.subscribe('1', PRICES);
    await until(() => platform.prices.listeners() === 1);
    platform.prices.push(AAPL);
    expect(await socket.frame('1')).toEqual(RATED);
    const { port } = owner;
    await owner.stop();
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'market-data' } }],
    });
    socket.subscribe('2', PRICES);
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: '2',
      payload: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'market-data' } }],
    });
    owner = await serveSmall(marketData, port);
    socket.subscribe('3', PRICES);
    await until(() => platform.prices.listeners() === 1);
    platform.prices.push(AAPL);
    expect(await socket.frame('3')).toEqual(RATED);
    socket.close();
    await until(() => platform.prices.listeners() === 0);
  });
});

describe('GW-3 subgraphs answer to the gateway only', () => {
  const claims = { identity: null, correlationId: 'c', deadlineAtMs: Date.now() + 60_000 };

  test('requests without its token, or with one of another secret, are 401', async () => {
    const stranger = createInternalTokens('another secret of 32 characters!', systemClock);
    const tokens = [undefined, 'viewer', await stranger.sign(claims)];
    for (const as of tokens) {
      const answer = await ask(owner.url, '{ motto }', as === undefined ? {} : { as });
      expect(answer.status).toBe(401);
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
    const trusted = await ask(owner.url, '{ motto }', { as: await internalTokens.sign(claims) });
    expect(trusted.data).toEqual({ motto: 'true to the line' });
  });

  test('tokens that have expired, or of another alg, are 401, for the SDL as well', async () => {
    const past = createInternalTokens(SECRET, fixedClock(Date.now() - 120_000));
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"user":"eve","roles":["admin"]}')}.`;
    for (const as of [await past.sign(claims), unsigned, '']) {
      for (const query of ['{ motto }', '{ _service { sdl } }', '{ __schema { description } }']) {
        const answer = await ask(owner.url, query, { as });
        expect([answer.status, answer.data]).toEqual([401, undefined]);
      }
    }
    const current = createInternalTokens(SECRET, systemClock);
    const trusted = await ask(owner.url, '{ _service { sdl } }', {
      as: await current.sign(claims),
    });
    expect(JSON.stringify(trusted.data)).toContain('type Query');
  });

  test('sockets without its token are closed with 4403, subscriptions refused', async () => {
    const stranger = await openSocket(owner.url);
    stranger.send({ type: 'connection_init', payload: { token: 'viewer' } });
    expect((await stranger.closed).code).toBe(4403);
    const token = await internalTokens.sign(claims);
    const socket = await connect(owner.url, { params: { token } });
    socket.subscribe('1', PRICES.replace('rating', 'price'));
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    socket.close();
  });

  test('a request that is none is 400, one too large 413', async () => {
    const authorization = `Bearer ${await internalTokens.sign(claims)}`;
    const post = (body: string) =>
      fetch(owner.url, { method: 'POST', headers: { authorization }, body });
    expect((await post('{')).status).toBe(400);
    expect((await post('{"query":7}')).status).toBe(400);
    expect((await post('x'.repeat(17_000_000))).status).toBe(413);
  });

  test('health and metrics are open', async () => {
    const base = owner.url.replace('/graphql', '');
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      expect((await fetch(base + path)).status).toBe(200);
    }
  });
});

describe('GW-5 subgraphs that misbehave', () => {
  let strange: Server | undefined;
  let other: Gateway | undefined;

  afterEach(async () => {
    await other?.stop();
    strange?.closeAllConnections();
    strange?.close();
  });

  async function against(behave: (response: ServerResponse) => void, timeoutMs = 15_000) {
    strange = createServer((_request, response) => behave(response));
    await new Promise<void>((resolve) => strange?.listen(0, '127.0.0.1', resolve));
    const { port } = strange.address() as AddressInfo;
    other = await startSmallGateway(platform, {
      subgraphs: platform.subgraphs.filter(({ name }) => name !== 'risk'),
      subgraphUrls: { risk: `http://127.0.0.1:${port}/graphql` },
      internalTokens,
      requestTimeoutMs: timeoutMs,
    });
    return ask(other.url, '{ motto calm }');
  }

  test.each([
    ['answer no JSON', (response: ServerResponse) => response.end('<html>')],
    ['answer JSON that is no result', (response: ServerResponse) => response.end('[1]')],
    ['hang up', (response: ServerResponse) => response.destroy()],
    [
      'stop in the middle',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"data"');
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      'answer 10 MB',
      (response: ServerResponse) => response.end(`{"data":{"calm":"${'x'.repeat(10_000_000)}"}}`),
    ],
    [
      'answer a list of errors that is none',
      (response: ServerResponse) => response.end('{"errors":7}'),
    ],
    ['answer 500 and nothing', (response: ServerResponse) => response.writeHead(500).end()],
    ['answer JSON and more', (response: ServerResponse) => response.end('{"data":{}} {')],
  ])('because they %s are UPSTREAM_UNAVAILABLE', async (_name, behave) => {
    const { data, errors } = await against(behave);
    expect(data).toEqual({ motto: 'true to the line', calm: null });
    expect(errors).toMatchObject([
      { path: ['calm'], extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'risk' } },
    ]);
  });

  test('because they answer too much say how much that is', async () => {
    const { errors } = await against((response) => response.end(`"${'x'.repeat(10_000_000)}"`));
    expect(errors).toMatchObject([
      { extensions: { limit: 'maxUpstreamBytes', allowed: 8 * 1_048_576, service: 'risk' } },
    ]);
  });

  test('because they drip are TIMEOUT at the deadline', async () => {
    const { data, errors } = await against((response) => {
      response.writeHead(200).write('{"data":{"calm":"');
      const timer = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(timer));
    }, 300);
    expect(data).toEqual({ motto: 'true to the line', calm: null });
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT', service: 'risk' } }]);
  });

  test('end their streams by an event too large, and can be asked again', async () => {
    await against((response) => response.end('{}'));
    const sockets = new WebSocketServer({ noServer: true });
    strange?.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (opened) => {
        opened.on('error', () => undefined);
        opened.on('message', (data: Buffer) => {
          const { type, id } = JSON.parse(data.toString()) as { type: string; id: string };
          if (type === 'connection_init') opened.send('{"type":"connection_ack"}');
          if (type !== 'subscribe') return;
          const rating = 'x'.repeat(10_000_000);
          opened.send(JSON.stringify({ type: 'next', id, payload: { data: { rated: rating } } }));
        });
      });
    });
    const socket = await connect(other?.url ?? '');
    for (const id of ['1', '2']) {
      socket.subscribe(id, 'subscription { rated }');
      expect(await socket.next()).toMatchObject({
        type: 'error',
        id,
        payload: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', service: 'risk' } }],
      });
    }
    socket.close();
    sockets.close();
  });

  test('harm no request after theirs', async () => {
    let isStrange = true;
    await against((response) => response.end(isStrange ? '{' : '{"data":{"calm":"again"}}'));
    isStrange = false;
    expect((await ask(other?.url ?? '', '{ calm }')).data).toEqual({ calm: 'again' });
  });

  test('because they never answer are TIMEOUT', async () => {
    const { data, errors } = await against(() => undefined, 300);
    expect(data).toEqual({ motto: 'true to the line', calm: null });
    expect(errors).toMatchObject([
      { path: ['calm'], extensions: { code: 'TIMEOUT', service: 'risk' } },
    ]);
  });
});
