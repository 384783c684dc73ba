/** Apollo Client 4: queries and mutations over HTTP, subscriptions over WebSocket, one cache. */

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

export interface ApolloParts {
  readonly url: string;
  /** Asked for each request, so that a renewed token is taken. */
  readonly token: () => string;
}

export function connectApollo({ url, token }: ApolloParts) {
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ authorization: `Bearer ${token()}` }),
    // Browsers and Node 22 have one of their own.
    webSocketImpl: WebSocket,
  });
  const withToken = new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${token()}` },
  }));
  const client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      withToken.concat(new HttpLink({ uri: url })),
    ),
    cache: new InMemoryCache({ typePolicies: { Instrument: { keyFields: ['id'] } } }),
  });
  return {
    client,
    close: async () => {
      client.stop();
      await socket.dispose();
    },
  };
}
