/**
 * One endpoint of an emulated vendor over HTTP: its routes, its faults, and the control of both.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { sendJson } from '#platform/http/answer';
import { type Handler, listen } from '#platform/http/http-server';
import { parseJson, readBody } from '#platform/http/request-body';
import type { Logger } from '#platform/logger';
import { createFaultBook, FAULT_KINDS, FAULT_POINTS, type FaultBook } from './faults.ts';
import type { FaultPoint } from './faults.ts';
import type { VendorDesk } from './vendor-desk.ts';

export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_FAULT_MS = 3_600_000;

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export interface EmulatedRoute {
  readonly at: FaultPoint;
  /** A token is asked for by `at` TOKEN only. */
  readonly answer: (call: {
    readonly method: string;
    readonly query: URLSearchParams;
    readonly body: unknown;
  }) => Reply;
}

export interface EmulatedEndpointParts {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly desk: VendorDesk;
  readonly routes: (faults: FaultBook) => Readonly<Record<string, EmulatedRoute>>;
  /** In the words of the vendor. */
  readonly refusal: (code: string, text: string) => unknown;
  readonly isAuthorized: (request: IncomingMessage) => boolean;
  readonly onDown: () => void;
  readonly logger: Logger;
}

export interface EmulatedEndpoint {
  readonly url: string;
  readonly server: Server;
  readonly faults: FaultBook;
  stop(): Promise<void>;
}

export async function startEmulatedEndpoint(
  parts: EmulatedEndpointParts,
): Promise<EmulatedEndpoint> {
  const { desk, host, logger, port } = parts;
  const open = new Set<ServerResponse>();
  const cut = (): void => {
    for (const response of open) response.destroy();
    parts.onDown();
  };
  const faults = createFaultBook(cut);
  const routes = Object.entries(parts.routes(faults)).map(([path, route]): [string, Handler] => [
    path,
    async (request, response) => {
      open.add(response);
      response.once('close', () => open.delete(response));
      await handle(route, { request, response, faults, parts });
    },
  ]);
  const control = controlRoutes(faults, desk);
  const { drain, ...bound } = await listen({
    host,
    port,
    routes: { ...Object.fromEntries(routes), ...control },
    logger,
  });
  return {
    url: `http://${host}:${bound.port}`,
    server: bound.server,
    faults,
    async stop() {
      cut();
      bound.server.closeAllConnections();
      await drain();
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly faults: FaultBook;
  readonly parts: EmulatedEndpointParts;
}

async function handle(route: EmulatedRoute, { request, response, ...at }: Exchange): Promise<void> {
  const { faults, parts } = at;
  const read = await readBody(request, MAX_BODY_BYTES);
  if (faults.isDown || read.kind === 'aborted') {
    request.socket.destroy();
    return;
  }
  if (read.kind === 'too-large') return sendJson(response, 413, parts.refusal('TOO_LARGE', ''));
  if (route.at !== 'TOKEN' && !parts.isAuthorized(request)) {
    return sendJson(response, 401, parts.refusal('UNAUTHORIZED', 'expected a valid token'));
  }
  const fault = faults.take(route.at);
  switch (fault?.kind) {
    case 'HANG':
    case 'HALF_OPEN':
      return;
    case 'REJECT':
      return sendJson(response, 422, parts.refusal(fault.code, 'as it was told'));
    case 'THROTTLE':
      response.setHeader('retry-after', String(fault.ms / 1_000));
      return sendJson(response, 429, parts.refusal('THROTTLED', 'too fast'));
    case 'DELAY':
      await delay(fault.ms);
      break;
    case 'DROP':
    case 'DUPLICATE':
    case 'CLOCK_SKEW':
    case 'DOWN':
    case undefined:
  }
  const { searchParams: query } = new URL(request.url ?? '/', 'http://emulator');
  const body = read.text === '' ? null : parseJson(read.text);
  const reply = route.answer({ method: request.method ?? 'GET', query, body });
  if (fault?.kind === 'DROP') request.socket.destroy();
  else sendJson(response, reply.status, reply.body);
}

const faultForm = z.object({
  kind: z.enum(FAULT_KINDS),
  at: z.enum(FAULT_POINTS).default('PRICE'),
  times: z.number().int().min(1).nullable().default(null),
  ms: z.number().min(-MAX_FAULT_MS).max(MAX_FAULT_MS).default(0),
  code: z.string().max(100).default('REJECTED_BY_FAULT'),
});
const settingsForm = z.object({
  listingMs: z.number().min(0).max(MAX_FAULT_MS).optional(),
  tokenMs: z.number().min(1_000).max(MAX_FAULT_MS).optional(),
});

/** How a person, or a test in another process, tells the emulator what to do. */
function controlRoutes(faults: FaultBook, desk: VendorDesk): Readonly<Record<string, Handler>> {
  const jsonOf = async (request: IncomingMessage): Promise<unknown> => {
    const read = await readBody(request, MAX_BODY_BYTES);
    return read.kind === 'read' ? parseJson(read.text) : undefined;
  };
  return {
    '/control/faults': async (request, response) => {
      if (request.method === 'DELETE') faults.clear();
      if (request.method === 'POST') {
        const parsed = faultForm.safeParse(await jsonOf(request));
        if (!parsed.success) return sendJson(response, 400, { problems: parsed.error.issues });
        if (!faults.add(parsed.data)) return sendJson(response, 409, { problem: 'too many' });
      }
      sendJson(response, 200, { faults: faults.faults });
    },
    '/control/settings': async (request, response) => {
      if (request.method === 'POST') {
        const parsed = settingsForm.safeParse(await jsonOf(request));
        if (!parsed.success) return sendJson(response, 400, { problems: parsed.error.issues });
        const { listingMs = desk.settings.listingMs, tokenMs = desk.settings.tokenMs } =
          parsed.data;
        desk.set({ listingMs, tokenMs });
      }
      sendJson(response, 200, desk.settings);
    },
    '/control/received': (request, response) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://emulator');
      const code = searchParams.get('code');
      const prices = desk.prices().filter((price) => code === null || price.code === code);
      sendJson(response, 200, { prices, outOfOrder: desk.faultsFound() });
    },
    '/control/listings': (request, response) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://emulator');
      sendJson(response, 200, { inForce: desk.inForce(searchParams.get('code') ?? '') });
    },
  };
}
