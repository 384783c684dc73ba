/** GraphQL over HTTP: reads a request, lets Apollo Server answer it, writes the answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { Clock } from '#platform/clock';
import type { ErrorCode } from '#platform/errors';
import { sendJson } from '#platform/http/answer';
import { parseJson, readBody } from '#platform/http/request-body';
import type { VerifyToken } from '#platform/identity/tokens';
import { CORRELATION_HEADER, correlationIdOf, verifiedCaller } from '../caller.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { GatewayLimits } from '../gateway-options.ts';
import { nestingProblem } from '../limits/nesting.ts';

export interface GraphqlOverHttpParts {
  readonly server: ApolloServer<GatewayContext>;
  readonly verifyToken: VerifyToken | 'off';
  readonly limits: Pick<GatewayLimits, 'maxBodyBytes' | 'maxNesting'>;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
}

const TOO_LARGE = 413;
const BAD_REQUEST = 400;
const UNAUTHORIZED = 401;

export async function answerGraphql(
  request: IncomingMessage,
  response: ServerResponse,
  parts: GraphqlOverHttpParts,
): Promise<void> {
  const correlationId = correlationIdOf(request.headers, parts.newId);
  response.setHeader(CORRELATION_HEADER, correlationId);
  const { maxBodyBytes, maxNesting } = parts.limits;
  const body = await readBody(request, maxBodyBytes);
  if (body.kind === 'aborted') return;
  if (body.kind === 'too-large') {
    response.setHeader('connection', 'close');
    sendJson(response, TOO_LARGE, { errors: [bodyTooLarge(maxBodyBytes)] });
    return;
  }
  const asked = { search: searchOf(request), body: jsonBody(request, body.text) };
  const tooDeep = nestingProblem(documentOf(asked), maxNesting);
  if (tooDeep) {
    sendJson(response, BAD_REQUEST, { errors: [tooDeep] });
    return;
  }
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), parts.requestTimeoutMs);
  response.once('close', () => {
    if (!response.writableFinished) deadline.abort();
  });
  try {
    const answer = await parts.server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method ?? 'GET',
        headers: headerMapOf(request),
        ...asked,
      },
      context: () => contextFor(request, correlationId, deadline.signal, parts),
    });
    response.statusCode = answer.status ?? 200;
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.setHeader('cache-control', 'no-store');
    if (answer.body.kind === 'complete') response.end(answer.body.string);
    else for await (const chunk of answer.body.asyncIterator) response.write(chunk);
    response.end();
  } finally {
    clearTimeout(timer);
  }
}

async function contextFor(
  { headers }: IncomingMessage,
  correlationId: string,
  signal: AbortSignal,
  { verifyToken, clock, requestTimeoutMs }: GraphqlOverHttpParts,
): Promise<GatewayContext> {
  const verified = verifiedCaller(headers.authorization, verifyToken);
  const caller = await verified.catch((error: unknown) => {
    throw unauthenticated(error);
  });
  const deadlineAtMs = clock.nowMs() + requestTimeoutMs;
  const identity = caller?.identity ?? null;
  return { transport: 'http', request: { identity, correlationId, deadlineAtMs, signal } };
}

function unauthenticated(cause: unknown): GraphQLError {
  const code: ErrorCode = 'UNAUTHENTICATED';
  const message = cause instanceof Error ? cause.message : 'the token is not accepted';
  return new GraphQLError(message, { extensions: { code, http: { status: UNAUTHORIZED } } });
}

function bodyTooLarge(maxBodyBytes: number) {
  const code: ErrorCode = 'OPERATION_TOO_COMPLEX';
  return {
    message: `the request is too large: maxBodyBytes is ${maxBodyBytes}`,
    extensions: { code, limit: 'maxBodyBytes', allowed: maxBodyBytes },
  };
}

/** Left undefined for any other type: Apollo Server says what it expects. */
function jsonBody(request: IncomingMessage, text: string): unknown {
  const type = request.headers['content-type'] ?? '';
  return /^application\/(json|graphql-response\+json)\b/i.test(type) ? parseJson(text) : undefined;
}

/** The text of the document where Apollo Server looks for it. */
function documentOf({ search, body }: { readonly search: string; readonly body: unknown }): string {
  const query: unknown =
    typeof body === 'object' && body !== null && 'query' in body
      ? body.query
      : new URLSearchParams(search).get('query');
  return typeof query === 'string' ? query : '';
}

function searchOf({ url = '' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

function headerMapOf({ headers }: IncomingMessage): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return map;
}
