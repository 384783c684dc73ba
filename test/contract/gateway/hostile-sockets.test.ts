import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { ask } from './ask.ts';
import { connect, openSocket, until } from './socket-client.ts';
import { createSmallPlatform, startSmallGateway } from './small-platform.ts';

const platform = createSmallPlatform();
const PRICES = 'subscription { priceChanged(symbols: ["AAPL"]) { symbol } }';
const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);
let gateway: Gateway;

beforeAll(async () => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
  gateway = await startSmallGateway(platform);
});
afterAll(async () => {
  await gateway.stop();
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

/** Whether the server answers, and what would have ended its process. */
async function aftermath() {
  const { data } = await ask(gateway.url, '{ motto }');
  return { data, uncaught: uncaught.splice(0) };
}
const UNHARMED = { data: { motto: 'true to the line' }, uncaught: [] };

/** A TCP connection that has sent an upgrade request, and what the server said to it. */
async function upgrade(path: string, headers: readonly string[] = []): Promise<Socket> {
  const socket = connectTcp(gateway.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    ...(headers.length > 0 ? headers : ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']),
    '',
    '',
  ];
  socket.write(lines.join('\r\n'));
  return socket;
}

async function firstLine(socket: Socket): Promise<string> {
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString('latin1').split('\r\n', 1)[0] ?? '';
}

async function speaking(): Promise<Socket> {
  const socket = await upgrade('/graphql', [
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: graphql-transport-ws',
  ]);
  expect(await firstLine(socket)).toBe('HTTP/1.1 101 Switching Protocols');
  return socket;
}

describe('GW-2 the server outlives a socket', () => {
  test('without a subprotocol, which closes with 4406', async () => {
    const socket = new WebSocket(gateway.url.replace('http', 'ws'));
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4406, 'Subprotocol not acceptable']);
    expect(await aftermath()).toEqual(UNHARMED);
  });

  test('of a subprotocol we do not speak', async () => {
    const socket = await upgrade('/graphql', [
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: graphql-ws',
    ]);
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    await until(() => Buffer.concat(received).includes('not acceptable'));
    socket.destroy();
    const [head = '', frame = ''] = Buffer.concat(received).toString('latin1').split('\r\n\r\n');
    expect(head).not.toMatch(/sec-websocket-protocol/i);
    // A close frame: opcode 8, then its length, then the code.
    expect(Buffer.from(frame, 'latin1').readUInt8(0)).toBe(0x88);
    expect(Buffer.from(frame, 'latin1').readUInt16BE(2)).toBe(4406);
    expect(await aftermath()).toEqual(UNHARMED);
  });

  test.each([
    ['an unmasked frame', Buffer.from([0x81, 0x02, 0x68, 0x69])],
    ['reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['text that is no UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe])],
    ['a close code that is none', Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x00, 0x01])],
    ['a length of petabytes', Buffer.from([0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a ping of 200 bytes', Buffer.from([0x89, 0xfe, 0, 200, 0, 0, 0, 0])],
  ])('that sends %s', async (_name, frame) => {
    const socket = await speaking();
    socket.write(frame);
    await once(socket, 'data');
    socket.destroy();
    expect(await aftermath()).toEqual(UNHARMED);
  });

  test('cut off by a reset, with a stream and its events under way', async () => {
    const socket = await speaking();
    const masked = (message: object) => {
      const text = Buffer.from(JSON.stringify(message));
      return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
    };
    socket.write(masked({ type: 'connection_init', payload: { token: 'viewer' } }));
    await once(socket, 'data');
    socket.write(masked({ type: 'subscribe', id: '1', payload: { query: PRICES } }));
    await until(() => platform.prices.listeners() === 1);
    for (let count = 0; count < 100; count += 1) {
      platform.prices.push({ id: 'ins_AAPL', symbol: 'AAPL', price: '1' });
    }
    socket.resetAndDestroy();
    await until(() => platform.prices.listeners() === 0);
    expect(await aftermath()).toEqual(UNHARMED);
  });

  test.each(['/', '/nothing', '/graphql/', '//', '/%', '/explorer'])(
    'that upgrades on %s, and is reset before the answer',
    async (path) => {
      const socket = await upgrade(path);
      expect(await firstLine(socket)).toBe('HTTP/1.1 404 Not Found');
      socket.resetAndDestroy();
      (await upgrade(path)).resetAndDestroy();
      expect(await aftermath()).toEqual(UNHARMED);
    },
  );

  test.each([
    ['no key', ['X-None: 1'], 'HTTP/1.1 400 Bad Request'],
    ['a key that is none', ['Sec-WebSocket-Key: x'], 'HTTP/1.1 400 Bad Request'],
  ])('that upgrades with %s', async (_name, headers, answer) => {
    const socket = await upgrade('/graphql', headers);
    expect(await firstLine(socket)).toBe(answer);
    socket.destroy();
    expect(await aftermath()).toEqual(UNHARMED);
  });

  test('that uses a very long id twice, which closes with 4409', async () => {
    const socket = await connect(gateway.url, { params: { token: 'viewer' } });
    const id = 'é'.repeat(500);
    socket.subscribe(id, PRICES);
    socket.subscribe(id, PRICES);
    expect((await socket.closed).code).toBe(4409);
    expect(await aftermath()).toEqual(UNHARMED);
  });

  test.each([
    ['an id of the prototype', { id: '__proto__' }],
    ['null as variables', { id: '1', more: { variables: null } }],
    ['text as variables', { id: '1', more: { variables: 'x' } }],
    ['a list as variables', { id: '1', more: { variables: [1] } }],
    ['text as extensions', { id: '1', more: { extensions: 'x' } }],
    ['null as headers', { id: '1', more: { extensions: { headers: null } } }],
    ['a number as operationName', { id: '1', more: { operationName: 1 } }],
  ])('that subscribes with %s', async (_name, { id, more }: { id: string; more?: object }) => {
    const socket = await connect(gateway.url);
    socket.subscribe(id, 'subscription { heartbeat }', { ...more });
    await Promise.race([socket.next(), socket.closed]);
    socket.close();
    await socket.closed;
    expect(await aftermath()).toEqual(UNHARMED);
  });

  test('that leaves before it is acknowledged', async () => {
    const socket = await openSocket(gateway.url);
    socket.send({ type: 'connection_init', payload: { token: 'viewer' } });
    socket.close();
    await socket.closed;
    expect(await aftermath()).toEqual(UNHARMED);
  });
});
