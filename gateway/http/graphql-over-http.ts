/** GraphQL over HTTP: reads a request, lets Apollo Server answer it, writes the answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import type { Clock } from '#platform/clock';
import type { ErrorCode } from '#platform/errors';
import { parseJson, readBody } from '#platform/http/request-body';
import type { VerifyToken } from '#platform/identity/tokens';
import { CORRELATION_HEADER, correlationIdOf, verifiedCaller } from '../caller.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { GatewayLimits } from '../gateway-options.ts';
import type { Admission } from '../limits/admission.ts';
import { withRegisteredText } from '../limits/asked-text.ts';
import { withHttpStatus } from '../limits/http-refusal.ts';
import { nestingProblem } from '../limits/nesting.ts';
import { payerOf } from '../limits/payer.ts';
import type { Safelist } from '../limits/safelist.ts';
import {
  type AnswerType,
  answerTypeFor,
  bodyTypeProblem,
  GRAPHQL_TYPE,
  JSON_TYPE,
} from './media-types.ts';

export interface GraphqlOverHttpParts {
  readonly server: ApolloServer<GatewayContext>;
  readonly admission: Admission;
  readonly safelist: Safelist;
  readonly verifyToken: VerifyToken | 'off';
  readonly limits: Pick<GatewayLimits, 'maxBodyBytes' | 'maxNesting' | 'trustedProxies'>;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
}

const OK = 200;
const BAD_REQUEST = 400;
const UNAUTHORIZED = 401;
const METHOD_NOT_ALLOWED = 405;
const NOT_ACCEPTABLE = 406;
const TOO_LARGE = 413;
const UNSUPPORTED_TYPE = 415;
export const ALLOWED_METHODS = 'GET, POST, OPTIONS';

const refusedAnswer = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })),
});

export async function answerGraphql(
  request: IncomingMessage,
  response: ServerResponse,
  parts: GraphqlOverHttpParts,
): Promise<void> {
  const correlationId = correlationIdOf(request.headers, parts.newId);
  response.setHeader(CORRELATION_HEADER, correlationId);
  const { maxBodyBytes } = parts.limits;
  const body = await readBody(request, maxBodyBytes);
  if (body.kind === 'aborted') return;
  const type = answerTypeFor(request.headers.accept);
  if (body.kind === 'too-large') {
    response.setHeader('connection', 'close');
    refuse(response, { status: TOO_LARGE, error: bodyTooLarge(maxBodyBytes), type });
    return;
  }
  const isPost = request.method === 'POST';
  const sent = { search: searchOf(request), body: isPost ? parseJson(body.text) : undefined };
  const asked = withRegisteredText(sent, parts.safelist);
  const refusal = refusalOf(request, type, asked, parts.limits);
  if (refusal) {
    for (const [name, value] of Object.entries(refusal.headers ?? {})) {
      response.setHeader(name, value);
    }
    refuse(response, { ...refusal, type });
    return;
  }
  await answerWith({ request, response, correlationId, type: type ?? JSON_TYPE, asked }, parts);
}

interface Asked {
  readonly search: string;
  /** Undefined when the body was no JSON. */
  readonly body: unknown;
}

interface Refusal {
  readonly status: number;
  readonly error: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is no GraphQL request at all, said before anything is run; in order of precedence. */
function refusalOf(
  { method = 'GET', headers }: IncomingMessage,
  type: AnswerType | undefined,
  asked: Asked,
  { maxNesting }: GraphqlOverHttpParts['limits'],
): Refusal | undefined {
  if (method !== 'GET' && method !== 'POST') {
    const error = badRequest(`send GET or POST: the method was ${method}`);
    return { status: METHOD_NOT_ALLOWED, error, headers: { allow: ALLOWED_METHODS } };
  }
  if (type === undefined) {
    const error = badRequest(`accept ${JSON_TYPE} or ${GRAPHQL_TYPE}: it was ${headers.accept}`);
    return { status: NOT_ACCEPTABLE, error };
  }
  const problem = method === 'POST' ? bodyTypeProblem(headers) : undefined;
  if (problem !== undefined) {
    const supported = { accept: JSON_TYPE, 'accept-encoding': 'identity' };
    return { status: UNSUPPORTED_TYPE, error: badRequest(problem), headers: supported };
  }
  if (method === 'POST' && !isJsonObject(asked.body)) {
    const error = badRequest(
      Array.isArray(asked.body)
        ? 'send one operation per request: batches are not taken'
        : 'send a JSON object with query, variables and operationName',
    );
    return { status: BAD_REQUEST, error };
  }
  const tooDeep = nestingProblem(documentOf(asked), maxNesting);
  return tooDeep && { status: statusOfRequestError(type), error: tooDeep };
}

interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly correlationId: string;
  readonly type: AnswerType;
  readonly asked: Asked;
}

async function answerWith(
  { request, response, correlationId, type, asked }: Answering,
  parts: GraphqlOverHttpParts,
): Promise<void> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), parts.requestTimeoutMs);
  response.once('close', () => {
    if (!response.writableFinished) deadline.abort();
  });
  try {
    const answer = await parts.server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method ?? 'GET',
        headers: headerMapOf(request, type),
        ...asked,
      },
      context: () => contextFor(request, correlationId, deadline.signal, parts),
    });
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.setHeader('cache-control', 'no-store');
    if (answer.body.kind !== 'complete') {
      throw new TypeError('incremental delivery is not supported');
    }
    if (answer.status === UNAUTHORIZED) response.setHeader('www-authenticate', 'Bearer');
    response.statusCode = statusOf(answer.status ?? OK, answer.body.string, type);
    response.end(answer.body.string);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * With application/json a request that was understood is answered 200, whatever its operation is
 * worth: proxies between us and an older client may answer 4xx by themselves, and in this type it
 * could not tell the two apart. Source: GraphQL over HTTP, section "application/json".
 */
function statusOf(status: number, text: string, type: AnswerType): number {
  if (status !== BAD_REQUEST || isMalformed(parseJson(text))) return status;
  return statusOfRequestError(type);
}

function statusOfRequestError(type: AnswerType): number {
  return type === JSON_TYPE ? OK : BAD_REQUEST;
}

/** What Apollo Server calls a bad request, other than a document that cannot be run. */
function isMalformed(answer: unknown): boolean {
  const { errors } = refusedAnswer.parse(answer);
  return errors.some(({ extensions }) => extensions.code === 'BAD_REQUEST');
}

function refuse(
  response: ServerResponse,
  { status, error, type = JSON_TYPE }: Refusal & { readonly type: AnswerType | undefined },
): void {
  response.statusCode = status;
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.setHeader('cache-control', 'no-store');
  response.end(`${JSON.stringify({ errors: [error] })}\n`);
}

async function contextFor(
  request: IncomingMessage,
  correlationId: string,
  signal: AbortSignal,
  { verifyToken, admission, limits, clock, requestTimeoutMs }: GraphqlOverHttpParts,
): Promise<GatewayContext> {
  const verified = verifiedCaller(request.headers.authorization, verifyToken);
  const caller = await verified.catch((error: unknown) => {
    throw unauthenticated(error);
  });
  const deadlineAtMs = clock.nowMs() + requestTimeoutMs;
  const identity = caller?.identity ?? null;
  const payer = payerOf(identity, request, limits);
  const refusal = admission.enter(payer);
  if (refusal) throw withHttpStatus(refusal);
  return { transport: 'http', request: { identity, correlationId, deadlineAtMs, signal }, payer };
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

function badRequest(message: string) {
  return { message, extensions: { code: 'BAD_REQUEST' } };
}

function isJsonObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

/** The text of the document where Apollo Server looks for it. */
function documentOf({ search, body }: Asked): string {
  const query: unknown = isJsonObject(body)
    ? 'query' in body && body.query
    : new URLSearchParams(search).get('query');
  return typeof query === 'string' ? query : '';
}

function searchOf({ url = '' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

/** Apollo Server chooses no other type than we did, and refuses none after an operation ran. */
function headerMapOf({ headers }: IncomingMessage, type: AnswerType): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  map.set('accept', type);
  return map;
}
