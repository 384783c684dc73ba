/**
 * A subgraph behind a URL: HTTP/1.1 keep-alive connections of one pool for queries, one WebSocket
 * for subscriptions. Says who the caller is with the gateway's internal token.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { PlatformError } from '#platform/errors';
import type { GraphqlRequest, GraphqlResult } from '#platform/graphql/executor';
import { parseJson } from '#platform/http/request-body';
import type { InternalTokens } from '#platform/identity/internal-tokens';
import type { RequestContext } from '#platform/request-context';
import { readGraphqlResult } from './graphql-answer.ts';
import { createUpstreamSocket } from './upstream-socket.ts';
import type { Upstream } from './upstream.ts';

export interface HttpUpstreamParts {
  readonly name: string;
  readonly url: string;
  readonly internalTokens: InternalTokens | 'none';
  /** Of one answer. */
  readonly maxUpstreamBytes: number;
}

const MAX_CONNECTIONS = 64;
const CONNECT_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_MS = 60_000;
const MAX_ATTEMPTS = 3;
const RETRY_MS = 20;

export function httpUpstream(parts: HttpUpstreamParts): Upstream {
  const { name, url, internalTokens, maxUpstreamBytes } = parts;
  const socket = createUpstreamSocket(parts);
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, {
    connections: MAX_CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: maxUpstreamBytes,
  });
  return {
    name,
    execute: async ({ context, isMutation, ...request }) => {
      const headers = await headersFor(context, internalTokens);
      const body = JSON.stringify(wireForm(request));
      const { signal } = context;
      const path = `${pathname}${search}`;
      const send = () => pool.request({ path, method: 'POST', headers, body, signal });
      try {
        const answer = await sendAgain(send, { isMutation, signal });
        return readResult(name, answer.statusCode, await answer.body.text());
      } catch (error) {
        if (codeOf(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
          throw tooLarge(name, maxUpstreamBytes, error);
        }
        throw signal.aborted ? late(name, error) : unavailable(name, error);
      }
    },
    subscribe: socket.subscribe,
    close: async () => {
      await socket.close();
      await pool.destroy();
    },
  };
}

/**
 * A subgraph that restarts closes its connections, and another behind the same address takes the
 * next one. A mutation goes again only when nobody has seen it.
 */
async function sendAgain<Answer>(
  send: () => Promise<Answer>,
  { isMutation, signal }: { readonly isMutation: boolean; readonly signal: AbortSignal },
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const isLost = isUnsent(error) || (isCutOff(error) && !isMutation);
      if (!isLost || attempt === MAX_ATTEMPTS || signal.aborted) throw error;
    }
    await delay(attempt * RETRY_MS);
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/** The connection ended before an answer began. */
function isCutOff(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(codeOf(error)));
}

function isUnsent(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED';
}

function wireForm({ query, variables, operationName }: GraphqlRequest) {
  return {
    query,
    ...(variables === undefined ? {} : { variables }),
    ...(operationName === undefined ? {} : { operationName }),
  };
}

async function headersFor(
  context: RequestContext,
  internalTokens: InternalTokens | 'none',
): Promise<Record<string, string>> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-correlation-id': context.correlationId,
  };
  if (internalTokens === 'none') return headers;
  return { ...headers, authorization: `Bearer ${await internalTokens.sign(context)}` };
}

function readResult(name: string, statusCode: number, text: string): GraphqlResult {
  const result = readGraphqlResult(parseJson(text));
  if (result) return result;
  throw new PlatformError(
    'UPSTREAM_UNAVAILABLE',
    `the subgraph ${name} answered with HTTP ${statusCode} and no GraphQL result`,
  );
}

function late(name: string, cause: unknown): PlatformError {
  return new PlatformError('TIMEOUT', `the subgraph ${name} did not answer in time`, { cause });
}

function tooLarge(name: string, allowed: number, cause: unknown): PlatformError {
  const limit = 'maxUpstreamBytes';
  const message = `the subgraph ${name} answered too much: ${limit} is ${allowed}`;
  return new PlatformError('UPSTREAM_UNAVAILABLE', message, { cause, details: { limit, allowed } });
}

function unavailable(name: string, cause: unknown): PlatformError {
  if (cause instanceof PlatformError) return cause;
  const message = `the subgraph ${name} does not answer`;
  return new PlatformError('UPSTREAM_UNAVAILABLE', message, { cause });
}
