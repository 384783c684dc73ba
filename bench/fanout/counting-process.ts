/**
 * Thousands of clients in a process of their own, so that the server's CPU time is the server's.
 * They speak WebSocket over bare connections, and of what comes they count the messages and look
 * into one of many for the time it was made.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { answerParent } from '../child.ts';

export interface Wish {
  readonly port: number;
  readonly clients: number;
  readonly symbolsEach: number;
  readonly symbols: readonly string[];
  readonly operation: string;
}

export interface Heard {
  readonly messages: number;
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const OPENED_TOGETHER = 50;
const LOOKED_INTO = 37;
const EVENT_TIME = /"eventTime":"([^"]+)"/;
const LONG_ENOUGH_FOR_AN_ACK_MS = 5_000;

const sockets = new Set<Socket>();
const histogram = createHistogram();
let messages = 0;
let bytes = 0;

answerParent('ready', async (question) => {
  if ('clients' in (question as object)) return openAll(question as Wish);
  if ('leave' in (question as object)) return leave();
  const heard: Heard = {
    messages,
    bytes,
    p50Ms: histogram.percentile(50),
    p99Ms: histogram.percentile(99),
  };
  if ('reset' in (question as object)) histogram.reset();
  return heard;
});

async function openAll(wish: Wish): Promise<number> {
  for (let first = 0; first < wish.clients; first += OPENED_TOGETHER) {
    const count = Math.min(OPENED_TOGETHER, wish.clients - first);
    await Promise.all(Array.from({ length: count }, (_, index) => open(first + index, wish)));
  }
  return wish.clients;
}

function leave(): number {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  return 0;
}

/** Client k has every n-th symbol from the k-th on, so that all symbols have as many clients. */
async function open(number: number, wish: Wish): Promise<void> {
  const { port, symbols, symbolsEach, operation } = wish;
  const step = Math.max(1, Math.floor(symbols.length / Math.max(1, symbolsEach)));
  const own = Array.from(
    { length: symbolsEach },
    (_, index) => symbols[(number + index * step) % symbols.length] ?? '',
  );
  const socket = connect(port, '127.0.0.1');
  sockets.add(socket);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  socket.write(
    'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
      'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  );
  await once(socket, 'data');
  if (symbolsEach > 0) {
    send(socket, { type: 'connection_init', payload: { authorization: 'Bearer bench' } });
    const acknowledged = once(socket, 'data');
    await Promise.race([acknowledged, pause(LONG_ENOUGH_FOR_AN_ACK_MS, undefined, { ref: false })]);
    // As graphql-ws' client names its operations: every id is another.
    const id = crypto.randomUUID();
    const payload = { query: operation, variables: { symbols: own } };
    send(socket, { id, type: 'subscribe', payload });
  }
  count(socket);
}

function send(socket: Socket, message: object): void {
  socket.write(masked(0x81, Buffer.from(JSON.stringify(message))));
}

/** Masked with zeros, which leave it as it is. */
function masked(kind: number, text: Buffer): Buffer {
  const length =
    text.length < 126
      ? Buffer.from([0x80 | text.length])
      : Buffer.from([0x80 | 126, text.length >> 8, text.length & 0xff]);
  return Buffer.concat([Buffer.from([kind]), length, Buffer.alloc(4), text]);
}

function count(socket: Socket): void {
  let rest: Buffer | undefined;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    const data = rest ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (at + 4 <= data.length) {
      const kind = data[at] ?? 0;
      const short = data[at + 1] ?? 0;
      const start = short < 126 ? at + 2 : at + 4;
      const end = start + (short < 126 ? short : data.readUInt16BE(at + 2));
      if (end > data.length) break;
      if (kind === 0x89) socket.write(masked(0x8a, data.subarray(start, end)));
      else look(data, start, end);
      at = end;
    }
    rest = at < data.length ? data.subarray(at) : undefined;
  });
  socket.on('error', () => undefined);
}

function look(data: Buffer, start: number, end: number): void {
  messages += 1;
  if (messages % LOOKED_INTO !== 0) return;
  const text = data.toString('latin1', start, end);
  if (text.includes('"type":"error"')) throw new Error(text);
  const found = EVENT_TIME.exec(text)?.[1];
  if (found !== undefined) histogram.record(Math.max(1, Date.now() - Date.parse(found)));
}
