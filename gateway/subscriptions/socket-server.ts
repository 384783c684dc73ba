/** GraphQL over WebSocket: graphql-transport-ws on the path and port of HTTP. */

import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols, makeServer } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { pathOf } from '../http/http-server.ts';
import { createProtocolOptions, type Connection, type ProtocolParts } from './socket-protocol.ts';
import { serveSocket, type SocketExtra } from './socket.ts';

export interface SocketServerParts extends ProtocolParts {
  readonly path: string;
}

export interface SocketServer {
  readonly attach: (http: HttpServer) => void;
  /** Closes every socket with 1001 and takes no new ones. */
  readonly close: () => Promise<void>;
}

const GOING_AWAY = 1001;
/** A client that does not answer the closing is cut off. */
const CLOSE_TIMEOUT_MS = 1_000;

export function createSocketServer(parts: SocketServerParts): SocketServer {
  const { limits, metrics, logger } = parts;
  const protocol = makeServer(createProtocolOptions(parts));
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.maxMessageBytes,
    handleProtocols,
  });
  const closings = new Set<SocketExtra['close']>();
  let isClosing = false;

  sockets.on('connection', (socket, request) => {
    metrics.openSockets.inc();
    const connection = (close: SocketExtra['close']): Connection => ({
      request,
      close,
      caller: null,
      running: new Set(),
      forgetExpiry: () => undefined,
    });
    const close = serveSocket(socket, protocol, { extra: connection, logger });
    closings.add(close);
    socket.once('close', () => {
      closings.delete(close);
      metrics.openSockets.dec();
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
      for (const close of closings) close(GOING_AWAY, 'the gateway stops');
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_TIMEOUT_MS);
      await Promise.all(closed);
      clearTimeout(timer);
      sockets.close();
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
