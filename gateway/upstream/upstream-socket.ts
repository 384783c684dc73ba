/** Subscriptions of a subgraph behind a URL: one WebSocket, opened when first needed. */

import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { ErrorCode } from '#platform/errors';
import { TOKEN_EXTENSION } from '#platform/graphql/endpoint-protocol';
import { createEventQueue } from '#platform/graphql/event-queue';
import type { GraphqlResult, GraphqlStream } from '#platform/graphql/executor';
import { StreamFailure } from '#platform/graphql/stream-failure';
import type { InternalTokens } from '#platform/identity/internal-tokens';
import { readGraphqlErrors, readGraphqlResult } from './graphql-answer.ts';
import type { UpstreamRequest } from './upstream.ts';

export interface UpstreamSocketParts {
  readonly name: string;
  /** Of HTTP; the WebSocket is on the same path. */
  readonly url: string;
  readonly internalTokens: InternalTokens | 'none';
  /** Of one message. */
  readonly maxUpstreamBytes: number;
}

export interface UpstreamSocket {
  readonly subscribe: (request: UpstreamRequest) => Promise<GraphqlStream>;
  readonly close: () => Promise<void>;
}

/** Events of one subscription that wait for a slow client before its stream is given up. */
const MAX_WAITING_EVENTS = 10_000;

export function createUpstreamSocket(parts: UpstreamSocketParts): UpstreamSocket {
  const { name, url, internalTokens } = parts;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: boundedSocket(parts.maxUpstreamBytes),
    // A stream that broke is reported to its client, who knows where to resume.
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    connectionParams: () => connectionToken(internalTokens),
  });
  return {
    subscribe: async ({ query, variables, operationName, context }) => {
      const token = internalTokens === 'none' ? undefined : await internalTokens.sign(context);
      let giveUp = (): void => undefined;
      const queue = createEventQueue<GraphqlResult>({
        maxWaiting: MAX_WAITING_EVENTS,
        overflow: () => failure('RATE_LIMITED', name, 'the client is too slow for its events'),
        onReturn: () => giveUp(),
      });
      giveUp = client.subscribe(
        {
          query,
          ...(variables === undefined ? {} : { variables }),
          ...(operationName === undefined ? {} : { operationName }),
          ...(token === undefined ? {} : { extensions: { [TOKEN_EXTENSION]: token } }),
        },
        {
          next: (value) => {
            const event = readGraphqlResult(value);
            if (event) queue.push(event);
            else queue.fail(failure('UPSTREAM_UNAVAILABLE', name, 'an event was no result'));
          },
          error: (error) => queue.fail(failureOf(error, name)),
          complete: queue.end,
        },
      );
      return { events: queue.events };
    },
    close: async () => {
      await client.dispose();
    },
  };
}

/** A larger message closes the socket, and with it the streams of this subgraph. */
function boundedSocket(maxPayload: number) {
  return class extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols, { maxPayload });
    }
  };
}

async function connectionToken(
  internalTokens: InternalTokens | 'none',
): Promise<Record<string, unknown>> {
  if (internalTokens === 'none') return {};
  const nobody = { identity: null, correlationId: 'connection', deadlineAtMs: 0 };
  return { token: await internalTokens.sign(nobody) };
}

/** Errors the subgraph answered with, or the connection that failed. */
function failureOf(error: unknown, name: string): StreamFailure {
  const errors = readGraphqlErrors(error);
  if (!errors) return failure('UPSTREAM_UNAVAILABLE', name, `the subgraph ${name} does not answer`);
  return new StreamFailure(
    errors.map((each) => ({ ...each, extensions: { service: name, ...each.extensions } })),
  );
}

function failure(code: ErrorCode, service: string, message: string): StreamFailure {
  return new StreamFailure([{ message, extensions: { code, service } }]);
}
