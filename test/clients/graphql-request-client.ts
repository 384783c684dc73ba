/** graphql-request 7: the smallest way to ask, for scripts and batch jobs. */

import { GraphQLClient } from 'graphql-request';

export function connectGraphqlRequest(url: string, token: () => string): GraphQLClient {
  return new GraphQLClient(url, {
    headers: () => ({ authorization: `Bearer ${token()}` }),
    // Data and errors together: a field that failed leaves the others.
    errorPolicy: 'all',
  });
}
