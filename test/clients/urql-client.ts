/** urql 6: fetch for queries and mutations, a subscription exchange for the rest. */

import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient, type Sink } from 'graphql-ws';
import WebSocket from 'ws';

export interface UrqlParts {
  readonly url: string;
  readonly token: () => string;
}

export function connectUrql({ url, token }: UrqlParts) {
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ authorization: `Bearer ${token()}` }),
    webSocketImpl: WebSocket,
  });
  const client = new Client({
    url,
    // urql sends short queries as GET when it may choose; POST keeps them out of addresses.
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${token()}` } }),
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink as Sink),
          }),
        }),
      }),
    ],
  });
  return { client, close: () => socket.dispose() };
}
