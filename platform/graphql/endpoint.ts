/**
 * One subgraph as a process of its own: GraphQL over HTTP and WebSocket for the gateway alone, and
 * health for whoever runs it.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { PlatformError } from '../errors.ts';
import { sendJson, sendText } from '../http/answer.ts';
import { type Handler, listen } from '../http/http-server.ts';
import { readinessOf } from '../health.ts';
import { parseJson, readBody } from '../http/request-body.ts';
import type { InternalClaims, InternalTokens } from '../identity/internal-tokens.ts';
import type { Logger } from '../logger.ts';
import type { RequestContext } from '../request-context.ts';
import type { Subgraph } from '../subgraph.ts';
import { createSocketServer } from '../http/socket-server.ts';
import { endpointProtocol } from './endpoint-protocol.ts';
import { formatError } from './error-format.ts';
import { createExecutor, type Executor, type GraphqlRequest } from './executor.ts';

export interface EndpointParts {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly internalTokens: InternalTokens;
  /** What resolving one event of a subscription may take. */
  readonly requestTimeoutMs: number;
  /** From "not ready" to closed, so that a balancer sends no more; left out: none. */
  readonly stopDelayMs?: number;
  readonly readyChecks: Readonly<Record<string, () => Promise<void>>>;
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Endpoint {
  readonly url: string;
  readonly port: number;
  /** Answers what is in hand and closes sockets with 1001; the subgraph itself goes on. */
  readonly stop: () => Promise<void>;
}

const GRAPHQL_PATH = '/graphql';
/** Representations of a page of 500 entities are some 100 KiB. */
const MAX_BODY_BYTES = 16 * 1_048_576;
const MAX_MESSAGE_BYTES = 1_048_576;
const OK = 200;
const BAD_REQUEST = 400;
const UNAUTHORIZED = 401;
const TOO_LARGE = 413;
const NOT_READY = 503;

const graphqlRequest = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

export async function serveSubgraph(subgraph: Subgraph, parts: EndpointParts): Promise<Endpoint> {
  const { host, readyChecks, metrics, logger } = parts;
  const executor = createExecutor(subgraph.schema, { logger });
  const sockets = createSocketServer({
    path: GRAPHQL_PATH,
    protocol: endpointProtocol({ ...parts, subgraph, executor }),
    extraOf: (base) => base,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    logger,
  });
  const state = { isStopping: false };
  const routes: Record<string, Handler> = {
    [GRAPHQL_PATH]: (request, response) => answer(request, response, { subgraph, executor, parts }),
    '/health/live': (_request, response) => sendJson(response, OK, { status: 'live' }),
    '/health/ready': async (_request, response) => {
      const { isReady, checks } = await readinessOf(readyChecks);
      const isServing = isReady && !state.isStopping;
      const status = isServing ? 'ready' : 'not ready';
      sendJson(response, isServing ? OK : NOT_READY, { status, checks });
    },
    '/metrics': async (_request, response) => {
      response.setHeader('content-type', metrics.contentType);
      sendText(response, OK, await metrics.metrics());
    },
  };
  const http = await listen({ ...parts, routes });
  sockets.attach(http.server);
  return {
    url: `http://${host}:${http.port}${GRAPHQL_PATH}`,
    port: http.port,
    stop: async () => {
      state.isStopping = true;
      await http.drain({ delayMs: parts.stopDelayMs ?? 0, beforeClosing: () => sockets.close() });
    },
  };
}

interface Serving {
  readonly subgraph: Subgraph;
  readonly executor: Executor;
  readonly parts: EndpointParts;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { subgraph, executor, parts }: Serving,
): Promise<void> {
  const { logger, clock } = parts;
  const claims = await claimsOf(request, parts.internalTokens);
  if (claims instanceof PlatformError) {
    const error = formatError(claims, { logger, correlationId: 'unknown' });
    sendJson(response, UNAUTHORIZED, { errors: [error] });
    return;
  }
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body.kind === 'aborted') return;
  const asked = body.kind === 'read' ? graphqlRequest.safeParse(parseJson(body.text)) : undefined;
  if (!asked?.success) {
    response.setHeader('connection', 'close');
    const error = { message: 'expected JSON with query, variables and operationName' };
    sendJson(response, body.kind === 'read' ? BAD_REQUEST : TOO_LARGE, { errors: [error] });
    return;
  }
  const { context, done } = openRequest(claims, response, clock);
  try {
    const result = await executor.execute(requestOf(asked.data), subgraph.createContext(context));
    sendJson(response, OK, result);
  } finally {
    done();
  }
}

function requestOf({ query, variables, operationName }: z.infer<typeof graphqlRequest>) {
  const request: GraphqlRequest = {
    query,
    variables: variables ?? undefined,
    operationName: operationName ?? undefined,
  };
  return request;
}

async function claimsOf(
  { headers }: IncomingMessage,
  { verify }: InternalTokens,
): Promise<InternalClaims | PlatformError> {
  try {
    return await verify((headers.authorization ?? '').replace(/^Bearer +/i, ''));
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
}

/** The signal fires at the caller's deadline, or when the gateway no longer waits. */
function openRequest(claims: InternalClaims, response: ServerResponse, clock: Clock) {
  const abort = new AbortController();
  const leftMs = Math.max(0, claims.deadlineAtMs - clock.nowMs());
  const timer = setTimeout(() => abort.abort(), leftMs);
  response.once('close', () => {
    if (!response.writableFinished) abort.abort();
  });
  const context: RequestContext = { ...claims, signal: abort.signal };
  return { context, done: () => clearTimeout(timer) };
}
