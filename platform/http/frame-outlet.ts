/**
 * Where ready messages leave: several complete frames in one write to the connection under a
 * WebSocket, past `ws`. Sending them one by one through `ws` is what is left when its internals are
 * not what we know, or when an extension changes what a frame looks like.
 */

import { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { frameHeader } from './text-frame.ts';

/** Messages come in two parts, one character for each byte: what differs, and what is shared. */
export interface FrameOutlet {
  readonly add: (start: string, rest: string) => void;
  /** Bytes added and not yet written. */
  readonly length: () => number;
  /** Bytes written that the connection has not taken yet. */
  readonly unsent: () => number;
  /** Whether the connection has more than it takes now; it says when that is over. */
  readonly isFull: () => boolean;
  readonly write: () => void;
  readonly clear: () => void;
  /** Returns how to end the listening. */
  readonly onDrain: (drained: () => void) => () => void;
}

export function frameOutlet(socket: WebSocket): FrameOutlet {
  const connection = connectionUnder(socket);
  return connection && socket.extensions === '' ? joined(connection) : oneByOne(socket, connection);
}

function connectionUnder(socket: WebSocket): Socket | undefined {
  const found: unknown = Reflect.get(socket, '_socket');
  return found instanceof Socket ? found : undefined;
}

function joined(connection: Socket): FrameOutlet {
  let waiting = '';
  return {
    add: (start, rest) => {
      waiting += frameHeader(start.length + rest.length) + start + rest;
    },
    length: () => waiting.length,
    unsent: () => connection.writableLength,
    isFull: () => connection.writableNeedDrain,
    write: () => {
      const frames = waiting;
      waiting = '';
      if (frames !== '' && connection.writable) connection.write(frames, 'latin1');
    },
    clear: () => {
      waiting = '';
    },
    onDrain: (drained) => listening(connection, drained),
  };
}

function oneByOne(socket: WebSocket, connection: Socket | undefined): FrameOutlet {
  let waiting: string[] = [];
  let length = 0;
  const clear = () => {
    waiting = [];
    length = 0;
  };
  return {
    add: (start, rest) => {
      waiting.push(start + rest);
      length += start.length + rest.length;
    },
    length: () => length,
    unsent: () => socket.bufferedAmount,
    isFull: () => connection?.writableNeedDrain ?? false,
    write: () => {
      const messages = waiting;
      clear();
      if (socket.readyState !== socket.OPEN) return;
      for (const message of messages) {
        socket.send(Buffer.from(message, 'latin1'), { binary: false });
      }
    },
    clear,
    onDrain: (drained) => (connection ? listening(connection, drained) : () => undefined),
  };
}

function listening(connection: Socket, drained: () => void): () => void {
  connection.on('drain', drained);
  return () => connection.off('drain', drained);
}
