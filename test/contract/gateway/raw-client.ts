/** A client over a bare connection, which reads, writes and falls silent as a test wants it. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawClient {
  readonly socket: Socket;
  readonly send: (message: object) => void;
  /** Reads nothing any longer; what comes stays with the kernel. */
  readonly stall: () => void;
}

const TEXT = 0x81;
const MASKED = 0x80;
const LONG = 126;

/** Masked with zeros, which leave the text as it is. */
export function clientFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(bytes.length < LONG ? 1 : 3);
  length.writeUInt8(MASKED | Math.min(bytes.length, LONG));
  if (bytes.length >= LONG) length.writeUInt16BE(bytes.length, 1);
  return Buffer.concat([Buffer.from([TEXT]), length, Buffer.alloc(4), bytes]);
}

/** Connected and acknowledged; never answers a ping. */
export async function rawClient(port: number, token: string): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
  );
  await once(socket, 'data');
  const send = (message: object) => socket.write(clientFrame(JSON.stringify(message)));
  send({ type: 'connection_init', payload: { token } });
  await once(socket, 'data');
  return { socket, send, stall: () => socket.pause() };
}

/** The messages of a server's frames, and the code of a close frame as `close 1000`. */
export function messagesOf(data: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at + 2 <= data.length;) {
    const kind = data.readUInt8(at) & 0x0f;
    const short = data.readUInt8(at + 1);
    const start = at + (short < LONG ? 2 : short === LONG ? 4 : 10);
    if (start > data.length) break;
    const long = () => (short === LONG ? data.readUInt16BE(at + 2) : data.readUInt32BE(at + 6));
    const end = start + (short < LONG ? short : long());
    if (end > data.length) break;
    if (kind === 1) found.push(data.toString('utf8', start, end));
    if (kind === 8) found.push(`close ${data.readUInt16BE(start)}`);
    at = end;
  }
  return found;
}
