/** The listening server: paths to handlers, and an orderly end. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, StartupError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { sendJson, setSecurityHeaders } from './answer.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface HttpServerParts {
  readonly host: string;
  readonly port: number;
  readonly routes: Readonly<Record<string, Handler>>;
  /** Sets headers of its own before any handler. */
  readonly decorate?: (request: IncomingMessage, response: ServerResponse) => void;
  /** Left out: those of below. */
  readonly timeouts?: ReceiveTimeouts;
  readonly logger: Logger;
}

/** Whoever sends slower is answered 408 and cut off. */
export interface ReceiveTimeouts {
  /** From the first byte of a request to the end of its headers. */
  readonly receiveHeadersMs: number;
  /** From the first byte of a request to its last. */
  readonly receiveRequestMs: number;
}

export interface HttpServer {
  readonly server: Server;
  readonly port: number;
  /** Takes no new requests, waits for those in hand, then closes what is left. */
  readonly drain: (how?: Draining) => Promise<void>;
}

export interface Draining {
  /** Until then requests are taken and told to come on another connection next time. */
  readonly delayMs: number;
  /** What else ends when the delay is over. */
  readonly beforeClosing: () => Promise<void>;
}

export const RECEIVE_TIMEOUTS: ReceiveTimeouts = {
  receiveHeadersMs: 10_000,
  receiveRequestMs: 30_000,
};
/** How late a timeout may be noticed. */
const CHECK_EVERY_MS = 1_000;
const KEEP_ALIVE_MS = 65_000;
const DRAIN_TIMEOUT_MS = 5_000;
const NO_CONTENT = 204;
const NOT_FOUND = 404;
const FAILED = 500;

export async function listen(parts: HttpServerParts): Promise<HttpServer> {
  const { routes, decorate, logger, timeouts = RECEIVE_TIMEOUTS } = parts;
  let isDraining = false;
  const checkEveryMs = Math.min(CHECK_EVERY_MS, timeouts.receiveHeadersMs);
  const options = { connectionsCheckingInterval: checkEveryMs };
  const server = createServer(options, (request, response) => {
    setSecurityHeaders(response);
    decorate?.(request, response);
    if (isDraining) response.setHeader('connection', 'close');
    response.once('close', () => {
      // A connection whose last answer was in hand when draining began would be kept alive.
      if (isDraining) setImmediate(() => server.closeIdleConnections());
    });
    if (request.method === 'OPTIONS') {
      response.writeHead(NO_CONTENT).end();
      return;
    }
    handle(routes, request, response).catch((error: unknown) => {
      const correlationId = response.getHeader('x-correlation-id');
      const facts = { err: error, path: pathOf(request), correlationId };
      logger.error(facts, 'bug while answering a request');
      if (response.headersSent) response.destroy();
      else sendJson(response, FAILED, { errors: [masked(correlationId)] });
    });
  });
  server.headersTimeout = timeouts.receiveHeadersMs;
  server.requestTimeout = timeouts.receiveRequestMs;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await bind(server, parts);
  const drain = async (how?: Draining): Promise<void> => {
    isDraining = true;
    if (how && how.delayMs > 0) await delay(how.delayMs);
    const elseClosed = how?.beforeClosing();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
    await Promise.all([closed, elseClosed]);
    clearTimeout(timer);
  };
  return { server, port, drain };
}

function masked(correlationId: unknown) {
  const code: ErrorCode = 'INTERNAL_SERVER_ERROR';
  return { message: 'Internal server error', extensions: { code, correlationId } };
}

async function handle(
  routes: HttpServerParts['routes'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const handler = Object.hasOwn(routes, pathOf(request)) ? routes[pathOf(request)] : undefined;
  if (handler) return handler(request, response);
  const paths = Object.keys(routes).join(', ');
  sendJson(response, NOT_FOUND, { errors: [{ message: `nothing here; there is ${paths}` }] });
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}

async function bind(server: Server, { host, port }: HttpServerParts): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portTaken(port, error) : error);
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return isAddress(address) ? address.port : port;
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function portTaken(port: number, cause: Error): StartupError {
  return new StartupError(
    `Stop what listens on port ${port}, or set PORT to a free one, and start again.`,
    { cause },
  );
}
