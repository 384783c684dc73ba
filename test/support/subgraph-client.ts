// Asks a subgraph directly, without a gateway, as somebody with roles.

import { type ExecutionResult, graphql } from 'graphql';
import { type Role, scopesOf } from '#kernel/roles';
import type { Identity, RequestContext } from '#platform/request-context';
import type { Subgraph } from '#platform/subgraph';

const REQUEST_TIME_MS = 10_000;

export interface SubgraphClient {
  /** Answers with the data; throws the first error, its code in `extensions`. */
  data(document: string, variables?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Answers with data and errors as they are. */
  result(document: string, variables?: Readonly<Record<string, unknown>>): Promise<ExecutionResult>;
}

/** Each call is a request of its own, with its own loaders. */
export function clientOf(subgraph: Subgraph, ...roles: readonly Role[]): SubgraphClient {
  const identity = roles.length === 0 ? null : identityOf(roles);
  const result: SubgraphClient['result'] = (source, variableValues) =>
    graphql({
      schema: subgraph.schema,
      source,
      variableValues,
      contextValue: subgraph.createContext(requestOf(identity)),
    });
  return {
    result,
    async data(document, variables) {
      const { data, errors } = await result(document, variables);
      if (errors?.[0]) throw errors[0];
      return data;
    },
  };
}

export function identityOf(roles: readonly Role[]): Identity {
  return { user: roles[0] ?? 'nobody', roles, scopes: scopesOf(roles), isService: false };
}

export function requestOf(identity: Identity | null): RequestContext {
  return {
    identity,
    correlationId: 'test-correlation',
    deadlineAtMs: Date.now() + REQUEST_TIME_MS,
    signal: new AbortController().signal,
  };
}
