/** The listening server: paths to handlers, and an orderly end. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartupError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { sendJson, setSecurityHeaders } from './answer.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface HttpServerParts {
  readonly host: string;
  readonly port: number;
  readonly routes: Readonly<Record<string, Handler>>;
  /** Sets headers of its own before any handler. */
  readonly decorate?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly logger: Logger;
}

export interface HttpServer {
  readonly server: Server;
  readonly port: number;
  /** Takes no new requests, waits for those in hand, then closes what is left. */
  readonly drain: () => Promise<void>;
}

/** Headers and body of a request have to arrive within this time. */
const RECEIVE_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
const DRAIN_TIMEOUT_MS = 5_000;
const NO_CONTENT = 204;
const NOT_FOUND = 404;
const FAILED = 500;

export async function listen(parts: HttpServerParts): Promise<HttpServer> {
  const { routes, decorate, logger } = parts;
  let isDraining = false;
  const server = createServer((request, response) => {
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
      logger.error({ err: error, path: pathOf(request) }, 'bug while answering a request');
      if (response.headersSent) response.destroy();
      else sendJson(response, FAILED, { errors: [{ message: 'Internal server error' }] });
    });
  });
  server.requestTimeout = RECEIVE_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await bind(server, parts);
  const drain = async (): Promise<void> => {
    isDraining = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  };
  return { server, port, drain };
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
