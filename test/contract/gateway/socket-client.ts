/** Talks graphql-transport-ws to a gateway, message by message. */

import { type RawData, WebSocket } from 'ws';

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export interface Frame {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

export interface SocketClient {
  readonly send: (message: Message | string) => void;
  readonly subscribe: (id: string, query: string, more?: Readonly<Record<string, unknown>>) => void;
  /** The next message that came, in order. */
  readonly next: () => Promise<Message>;
  /** The payload of the next message, which has to be a `next` of this id. */
  readonly frame: (id: string) => Promise<Frame>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly isOpen: () => boolean;
  readonly close: () => void;
}

export interface Connecting {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Opens a socket without saying anything. */
export async function openSocket(url: string, headers = {}): Promise<SocketClient> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  const messages: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  socket.on('message', (data: RawData) => {
    const message = JSON.parse((data as Buffer).toString()) as Message;
    const waiter = waiting.shift();
    if (waiter) waiter(message);
    else messages.push(message);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  const client: SocketClient = {
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    subscribe: (id, query, more = {}) =>
      client.send({ type: 'subscribe', id, payload: { query, ...more } }),
    next: () => {
      const message = messages.shift();
      if (message) return Promise.resolve(message);
      return new Promise((resolve) => waiting.push(resolve));
    },
    frame: async (id) => {
      const message = await client.next();
      if (message.type !== 'next' || message.id !== id) {
        throw new Error(`expected next ${id}, was ${JSON.stringify(message)}`);
      }
      return message.payload as Frame;
    },
    closed,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    close: () => socket.close(),
  };
  return client;
}

/** Opens a socket and has it acknowledged. */
export async function connect(url: string, { params, headers }: Connecting = {}) {
  const client = await openSocket(url, headers);
  client.send({ type: 'connection_init', ...(params === undefined ? {} : { payload: params }) });
  const ack = await client.next();
  if (ack.type !== 'connection_ack') throw new Error(`expected an ack, was ${ack.type}`);
  return client;
}

/** Polls for what has no event of its own. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 3_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
