/**
 * What graphql-ws asks us while it speaks the protocol: who connects, what an operation answers,
 * how results and errors are shown. Everything an operation can refuse is refused in `onSubscribe`,
 * where it becomes an `error` message and the socket stays open.
 */

import type { ApolloServer } from '@apollo/server';
import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Context, OperationResult, ServerOptions, SubscribePayload } from 'graphql-ws';
import type { Clock } from '#platform/clock';
import type { ErrorCode } from '#platform/errors';
import { mapStream } from '#platform/graphql/stream';
import { StreamFailure } from '#platform/graphql/stream-failure';
import type { SocketExtra } from '#platform/http/graphql-socket';
import type { VerifiedToken, VerifyToken } from '#platform/identity/tokens';
import type { Logger } from '#platform/logger';
import { operationOf } from '../asked-operation.ts';
import { correlationIdOf, verifiedCaller } from '../caller.ts';
import { messageStart } from '../fan-out/next-message.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { GatewayLimits } from '../gateway-options.ts';
import type { Admission } from '../limits/admission.ts';
import { textAsked } from '../limits/asked-text.ts';
import { floodRefusal, type OpenSockets, socketRefusal } from '../limits/open-sockets.ts';
import { payerOf } from '../limits/payer.ts';
import type { Safelist } from '../limits/safelist.ts';
import { withoutSuggestion } from '../limits/suggestions.ts';
import type { PreparedDocument, PrepareDocument } from '../prepared-document.ts';
import { formattedResult, presentError, presentFormatted } from '../result-format.ts';
import { createOpenStreams, type OpenStreams } from './open-streams.ts';
import type { Subscriber } from './subscriber.ts';
import { onExpiry } from './token-expiry.ts';

export interface ProtocolParts {
  readonly schema: GraphQLSchema;
  readonly server: ApolloServer<GatewayContext>;
  readonly prepare: PrepareDocument;
  readonly subscriber: Subscriber;
  readonly admission: Admission;
  readonly safelist: Safelist;
  readonly openSockets: OpenSockets;
  readonly verifyToken: VerifyToken | 'off';
  readonly limits: GatewayLimits;
  readonly isProduction: boolean;
  readonly requestTimeoutMs: number;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
}

export interface Connection extends SocketExtra {
  /** Null: connected without a token. */
  caller: VerifiedToken | null;
  /** Queries and mutations under way, given up with the socket. */
  readonly running: Set<AbortController>;
  readonly streams: OpenStreams;
  /** What arrives after it, such as a verified token, is for nobody. */
  isClosed: boolean;
  forgetExpiry: () => void;
  /** Gives back its place among the sockets of its caller. */
  forget: () => void;
}

export function connectionOf(base: SocketExtra): Connection {
  const none = { isClosed: false, forgetExpiry: noop, forget: noop };
  return { ...base, ...none, caller: null, running: new Set(), streams: createOpenStreams() };
}

type SocketContext = Context<Record<string, unknown> | undefined, Connection>;
type Options = ServerOptions<Record<string, unknown> | undefined, Connection>;

const FORBIDDEN = 4403;
const TOO_MANY = 4429;
const noop = (): void => undefined;

export function createProtocolOptions(parts: ProtocolParts): Options {
  const { verifyToken, clock, logger, metrics } = parts;
  return {
    connectionInitWaitTimeout: parts.limits.connectionInitMs,
    onConnect: async ({ extra, connectionParams }) => {
      try {
        extra.caller = await verifiedCaller(authorizationOf(extra, connectionParams), verifyToken);
      } catch {
        return false;
      }
      if (extra.isClosed) return false;
      const place = parts.openSockets.open(
        payerOf(extra.caller?.identity ?? null, extra.request, parts.limits),
      );
      if (!place) {
        extra.close(TOO_MANY, `maxSocketsPerUser is ${parts.limits.maxSocketsPerUser}`);
        return false;
      }
      extra.forget = place;
      if (extra.caller) {
        const expired = () => extra.close(FORBIDDEN, 'token expired');
        extra.forgetExpiry = onExpiry(extra.caller.expiresAtMs, clock, expired);
      }
      return true;
    },
    onClose: ({ extra }) => {
      extra.isClosed = true;
      extra.forgetExpiry();
      extra.forget();
      for (const abort of extra.running) abort.abort();
      extra.streams.end();
    },
    onSubscribe: (context, id, payload) => answerTo(context, { id, payload }, parts),
    execute: (args) => prepared(args).run(),
    subscribe: (args) => prepared(args).run(),
    onNext: (_context, _id, _payload, args, result) => {
      if (prepared(args).isStream) metrics.eventsSent.inc();
      return formattedResult(result);
    },
    onError: (_context, _id, _payload, errors) => {
      const scope = { logger, correlationId: parts.newId() };
      const shown = errors.flatMap(reported).map((error) => presentError(error, scope).toJSON());
      return parts.isProduction ? shown.map(withoutSuggestion) : shown;
    },
  };
}

/** The connection's own token goes before the one of the upgrade request. */
function authorizationOf(
  { request }: Connection,
  params: Readonly<Record<string, unknown>> = {},
): string | undefined {
  const given = tokenIn(params);
  if (given !== undefined) return given;
  if (typeof params['token'] === 'string') return `Bearer ${params['token']}`;
  return request.headers.authorization;
}

function tokenIn(params: Readonly<Record<string, unknown>>): string | undefined {
  const given = params['authorization'] ?? params['Authorization'];
  return typeof given === 'string' ? given : undefined;
}

/** A stream that broke carries the errors its subgraph sent. */
function reported(error: GraphQLError): readonly GraphQLError[] {
  const { originalError } = error;
  return originalError instanceof StreamFailure
    ? originalError.errors.map(presentFormatted)
    : [error];
}

interface Prepared {
  readonly isStream: boolean;
  readonly run: () => OperationResult;
}

/** graphql-ws hands the arguments of `onSubscribe` back; ours carry what is to be run. */
function prepared({ contextValue }: ExecutionArgs): Prepared {
  return contextValue as Prepared;
}

async function answerTo(
  { extra, subscriptions }: SocketContext,
  { id, payload }: { readonly id: string; readonly payload: SubscribePayload },
  parts: ProtocolParts,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const operations = Object.keys(subscriptions).length;
  const payer = payerOf(extra.caller?.identity ?? null, extra.request, parts.limits);
  const unread =
    floodRefusal({ operations, running: extra.running.size }, parts.limits) ??
    parts.admission.enter(payer);
  if (unread) return [unread];
  const query = textAsked(payload, parts.safelist);
  if (query instanceof GraphQLError) return [query];
  const document = parts.prepare(query);
  if ('errors' in document) return document.errors;
  const operation = operationOf(document.document, payload.operationName);
  if ('errors' in operation) return operation.errors;
  const caller = await callerOf(payload, extra, parts.verifyToken);
  if (caller instanceof GraphQLError) return [caller];
  const refusal =
    socketRefusal(operation, { operations, running: extra.running.size }, parts.limits) ??
    parts.admission.admit({
      ...document,
      operation,
      variables: payload.variables ?? {},
      roles: caller?.identity.roles ?? [],
      payer: payerOf(caller?.identity ?? null, extra.request, parts.limits),
    });
  if (refusal) return [refusal];
  const asked: Asked = { id, document, operation, payload, connection: extra, caller };
  const answer =
    operation.operation === OperationTypeNode.SUBSCRIPTION
      ? await openStream(asked, parts)
      : { isStream: false, run: () => execute(asked, parts) };
  if ('errors' in answer) return answer.errors;
  return {
    schema: parts.schema,
    document: document.document,
    operationName: payload.operationName ?? null,
    contextValue: answer,
  };
}

interface Asked {
  readonly id: string;
  readonly document: PreparedDocument;
  readonly operation: OperationDefinitionNode;
  readonly payload: SubscribePayload;
  readonly connection: Connection;
  /** Null: nobody. */
  readonly caller: VerifiedToken | null;
}

/**
 * An operation may bring a token of its own, as GraphiQL does: it connects without any and sends
 * the headers of its editor with each message. It goes before the one of the connection.
 */
async function callerOf(
  { extensions }: SubscribePayload,
  connection: Connection,
  verifyToken: VerifyToken | 'off',
): Promise<VerifiedToken | null | GraphQLError> {
  const headers = extensions?.['headers'];
  const params = typeof headers === 'object' && headers !== null ? { ...headers } : {};
  try {
    return (await verifiedCaller(tokenIn(params), verifyToken)) ?? connection.caller;
  } catch (error) {
    return unauthenticated(error instanceof Error ? error.message : 'the token is not accepted');
  }
}

function unauthenticated(message: string): GraphQLError {
  const code: ErrorCode = 'UNAUTHENTICATED';
  return new GraphQLError(message, { extensions: { code } });
}

async function openStream(
  { id, document, operation, payload, connection, caller }: Asked,
  { subscriber, limits, newId, clock }: ProtocolParts,
): Promise<Prepared | { readonly errors: readonly GraphQLError[] }> {
  const operations = connection.streams.count() + 1;
  const refusal = socketRefusal(operation, { operations, running: 0 }, limits);
  if (refusal) return { errors: [refusal] };
  const answer = await subscriber({
    document: document.document,
    documentHash: document.hash,
    operation,
    variables: payload.variables ?? {},
    identity: caller?.identity ?? null,
    correlationId: correlationIdOf(connection.request.headers, newId),
    recipient: { frames: connection.frames, start: messageStart(id) },
  });
  if ('errors' in answer) return answer;
  // The token of the connection ends the whole socket when it expires.
  const isOwn = caller !== null && caller !== connection.caller;
  const stream = isOwn ? untilExpiry(answer.stream, caller.expiresAtMs, clock) : answer.stream;
  const open = connection.streams.add(id, stream);
  return { isStream: true, run: () => open };
}

function untilExpiry<Event>(
  events: AsyncIterable<Event>,
  expiresAtMs: number,
  clock: Clock,
): AsyncIterableIterator<Event> {
  const stream = mapStream(
    events,
    (event) => Promise.resolve(event),
    () => forget(),
  );
  const expired = new StreamFailure([unauthenticated('token expired').toJSON()]);
  const forget = onExpiry(expiresAtMs, clock, () => {
    stream.throw?.(expired).catch(() => undefined);
  });
  return stream;
}

/** Queries and mutations take the same way as over HTTP. */
async function execute(
  { document, payload, connection, caller }: Asked,
  { server, clock, requestTimeoutMs, newId }: ProtocolParts,
): Promise<Awaited<OperationResult>> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), requestTimeoutMs);
  connection.running.add(abort);
  if (connection.isClosed) abort.abort();
  try {
    const { body } = await server.executeOperation(
      {
        query: document.text,
        ...(payload.extensions?.['cost'] === true ? { extensions: { cost: true } } : {}),
        ...(payload.variables ? { variables: payload.variables } : {}),
        ...(typeof payload.operationName === 'string'
          ? { operationName: payload.operationName }
          : {}),
      },
      {
        contextValue: {
          transport: 'websocket',
          request: {
            identity: caller?.identity ?? null,
            correlationId: correlationIdOf(connection.request.headers, newId),
            deadlineAtMs: clock.nowMs() + requestTimeoutMs,
            signal: abort.signal,
          },
        },
      },
    );
    if (body.kind !== 'single') throw new GraphQLError('incremental delivery is not supported');
    return body.singleResult as Awaited<OperationResult>;
  } finally {
    clearTimeout(timer);
    connection.running.delete(abort);
  }
}
