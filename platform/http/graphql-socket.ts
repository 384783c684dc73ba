/**
 * One WebSocket, lent to graphql-ws: sends, closes, and keeps alive. Modes: open, then closing as
 * soon as either side asks; entering closing ends the streams at once, without waiting for a
 * client that may never answer.
 */

import type { IncomingMessage } from 'node:http';
import { CloseCode, type Server } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import type { Logger } from '../logger.ts';

/** Half-open connections are noticed within two of these. */
const PING_EVERY_MS = 12_000;
/** What a close frame holds besides its code; a reason may quote an id of the client's. */
const MAX_REASON_BYTES = 123;

type Closed = ReturnType<Server<SocketExtra>['opened']>;

export interface SocketExtra {
  readonly request: IncomingMessage;
  readonly close: (code: number, reason: string) => void;
}

/** Returns the closing of the socket, for whoever ends the server. */
export function serveSocket<Extra extends SocketExtra>(
  socket: WebSocket,
  protocol: Server<Extra>,
  parts: { readonly extra: (close: SocketExtra['close']) => Extra; readonly logger: Logger },
): SocketExtra['close'] {
  const { logger } = parts;
  // graphql-ws closes a socket of no or another subprotocol before it hands over its ending.
  let closed: Closed = () => Promise.resolve();
  let isClosing = false;
  let hasAnswered = true;

  const ping = setInterval(() => {
    if (!hasAnswered) socket.terminate();
    hasAnswered = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, PING_EVERY_MS);
  socket.on('pong', () => {
    hasAnswered = true;
  });

  // Such as a message above the size limit: ws closes the socket by itself, with 1009.
  socket.on('error', (error) => logger.debug({ err: error }, 'socket failed'));
  socket.once('close', (code, reason) => ended(code, reason.toString()));

  const close = (code: number, reason: string): void => {
    socket.close(code, Buffer.byteLength(reason) > MAX_REASON_BYTES ? '' : reason);
    ended(code, reason);
  };

  closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) =>
        new Promise((resolve, reject) => {
          if (socket.readyState !== socket.OPEN) resolve();
          else socket.send(data, (error) => (error ? reject(error) : resolve()));
        }),
      close,
      onMessage: (handle) => {
        socket.on('message', (data: RawData) => {
          handle(textOf(data)).catch((error: unknown) => {
            if (isClosing) return;
            logger.error({ err: error }, 'bug while handling a message');
            close(CloseCode.InternalServerError, 'Internal server error');
          });
        });
      },
    },
    parts.extra(close),
  );

  function ended(code: number, reason: string): void {
    if (isClosing) return;
    isClosing = true;
    clearInterval(ping);
    closed(code, reason).catch((error: unknown) => {
      logger.error({ err: error }, 'bug while ending the streams of a socket');
    });
  }

  return close;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}
