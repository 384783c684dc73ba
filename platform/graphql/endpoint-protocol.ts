/** The subscriptions of one subgraph, as graphql-ws asks for them on behalf of the gateway. */

import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, parse } from 'graphql';
import type { OperationResult, ServerOptions, SubscribePayload } from 'graphql-ws';
import type { Clock } from '../clock.ts';
import type { SocketExtra } from '../http/graphql-socket.ts';
import type { InternalTokens } from '../identity/internal-tokens.ts';
import type { Logger } from '../logger.ts';
import type { RequestContext } from '../request-context.ts';
import type { Subgraph } from '../subgraph.ts';
import { formatError } from './error-format.ts';
import type { Executor, GraphqlResult } from './executor.ts';
import { mapStream } from './stream.ts';

export interface EndpointProtocolParts {
  readonly subgraph: Subgraph;
  readonly executor: Executor;
  readonly internalTokens: InternalTokens;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where a subscribe message carries the gateway's token: many callers share one socket. */
export const TOKEN_EXTENSION = 'internalToken';

type Options = ServerOptions<Record<string, unknown> | undefined, SocketExtra>;

export function endpointProtocol(parts: EndpointProtocolParts): Options {
  const { internalTokens, logger } = parts;
  return {
    onConnect: async ({ connectionParams }) => {
      try {
        await internalTokens.verify(textIn(connectionParams, 'token'));
        return true;
      } catch {
        return false;
      }
    },
    onSubscribe: async (_context, _id, payload) => {
      try {
        return await open(payload, parts);
      } catch (error) {
        return [asGraphQLError(formatError(asError(error), { logger, correlationId: 'unknown' }))];
      }
    },
    execute: ({ contextValue }) => (contextValue as Opened).stream,
    subscribe: ({ contextValue }) => (contextValue as Opened).stream,
    onNext: (_context, _id, _payload, _args, result) => result as GraphqlResult,
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => formatError(error, { logger, correlationId: 'unknown' })),
  };
}

/** graphql-ws hands the arguments of `onSubscribe` back; ours carry the stream. */
interface Opened {
  readonly stream: OperationResult;
}

async function open(
  payload: SubscribePayload,
  { subgraph, executor, internalTokens, requestTimeoutMs, clock }: EndpointProtocolParts,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const claims = await internalTokens.verify(textIn(payload.extensions, TOKEN_EXTENSION));
  const abort = new AbortController();
  const request: RequestContext = { ...claims, signal: abort.signal };
  const answer = await executor.subscribe(
    {
      query: payload.query,
      variables: payload.variables ?? undefined,
      operationName: payload.operationName ?? undefined,
    },
    subgraph.createContext(request),
    () => subgraph.createContext({ ...request, deadlineAtMs: clock.nowMs() + requestTimeoutMs }),
  );
  if ('errors' in answer) return answer.errors.map(asGraphQLError);
  const stream = mapStream(
    answer.events,
    (result) => Promise.resolve(result),
    () => abort.abort(),
  );
  const document = parse(payload.query, { noLocation: true });
  const contextValue: Opened = { stream: stream as OperationResult };
  return { schema: subgraph.schema, document, contextValue };
}

function textIn(record: Readonly<Record<string, unknown>> | null | undefined, key: string): string {
  const value = record?.[key];
  return typeof value === 'string' ? value : '';
}

function asGraphQLError({ message, path, extensions }: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
