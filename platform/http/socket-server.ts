/** The WebSockets of one path of an HTTP server, all speaking graphql-transport-ws. */

import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { Logger } from '../logger.ts';
import { createFlushSchedule } from './flush-schedule.ts';
import {
  serveSocket,
  type SlowReason,
  SOCKET_LIMITS,
  type SocketExtra,
  type SocketLimits,
} from './graphql-socket.ts';
import { pathOf } from './http-server.ts';

type Params = Record<string, unknown> | undefined;

export interface SocketServerParts<Extra extends SocketExtra> {
  readonly path: string;
  readonly protocol: ServerOptions<Params, Extra>;
  /** What the protocol's hooks find in `extra` for each socket. */
  readonly extraOf: (base: SocketExtra) => Extra;
  readonly maxMessageBytes: number;
  /** What may wait for a client, and for how long. */
  readonly limits?: SocketLimits;
  readonly onOpen?: () => void;
  readonly onClose?: () => void;
  /** A message was skipped because a newer one took its place in a slow client's queue. */
  readonly onSkipped?: () => void;
  readonly onTooSlow?: (reason: SlowReason) => void;
  readonly logger: Logger;
}

export interface SocketServer {
  readonly attach: (http: HttpServer) => void;
  /** Closes every socket with 1001 and takes no new ones. */
  readonly close: () => Promise<void>;
}

const GOING_AWAY = 1001;
/** A client that does not answer the closing is cut off. */
const CLOSE_TIMEOUT_MS = 1_000;

export function createSocketServer<Extra extends SocketExtra>(
  parts: SocketServerParts<Extra>,
): SocketServer {
  const protocol = makeServer(parts.protocol);
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: parts.maxMessageBytes,
    handleProtocols,
  });
  const limits = parts.limits ?? SOCKET_LIMITS;
  const schedule = createFlushSchedule(limits.maxFlushDelayMs);
  const closings = new Set<SocketExtra['close']>();
  let isClosing = false;

  sockets.on('connection', (socket, request) => {
    parts.onOpen?.();
    const close = serveSocket(socket, protocol, {
      extra: (base) => parts.extraOf({ request, ...base }),
      schedule,
      limits,
      onSkipped: () => parts.onSkipped?.(),
      onTooSlow: (reason) => parts.onTooSlow?.(reason),
      logger: parts.logger,
    });
    closings.add(close);
    socket.once('close', () => {
      closings.delete(close);
      parts.onClose?.();
    });
  });

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (isClosing) refuse(socket, '503 Service Unavailable');
    else if (pathOf(request) !== parts.path) refuse(socket, '404 Not Found');
    else {
      sockets.handleUpgrade(request, socket, head, (opened) => {
        sockets.emit('connection', opened, request);
      });
    }
  }

  return {
    attach: (http) => {
      http.on('upgrade', upgrade);
    },
    close: async () => {
      isClosing = true;
      const closed = [...sockets.clients].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const close of closings) close(GOING_AWAY, 'the server stops');
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_TIMEOUT_MS);
      await Promise.all(closed);
      clearTimeout(timer);
      sockets.close();
      schedule.stop();
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  // Node hands the connection over without a listener: a reset would be an uncaught exception.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
