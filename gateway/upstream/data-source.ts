/** Lends an upstream to ApolloGateway, in the form its plan executor asks for. */

import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway';
import type { GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { GraphqlResult } from '#platform/graphql/executor';
import { isGatewayContext } from '../gateway-context.ts';
import type { Upstream } from './upstream.ts';

/** Root fields per fetch text, for the paths of an outage's errors. */
const MAX_KNOWN_FETCHES = 2_000;

export function dataSourceOf(upstream: Upstream): GraphQLDataSource {
  const rootsOf = createRootReader();
  return {
    process: async (options): Promise<GatewayGraphQLResponse> => {
      const { query = '', variables, operationName } = options.request;
      if (!isGatewayContext(options.context)) {
        throw new TypeError('a fetch without the context of a request');
      }
      const result = await upstream.execute({
        query,
        variables,
        operationName,
        context: options.context.request,
        isMutation: isPartOfMutation(options),
      });
      return responseOf(result, () => rootsOf(query));
    },
  };
}

function isPartOfMutation(options: GraphQLDataSourceProcessOptions): boolean {
  if (!('incomingRequestContext' in options)) return false;
  return options.incomingRequestContext.operation.operation === OperationTypeNode.MUTATION;
}

/**
 * An error without a path is about the whole fetch: it is said once for each field that stays
 * empty. For a fetch of entities an empty path lets ApolloGateway say where they belong.
 */
export function responseOf(
  { data, errors }: GraphqlResult,
  roots: () => readonly string[],
): GatewayGraphQLResponse {
  if (errors === undefined) return { data: copyable(data) };
  const placed = errors.flatMap((error) =>
    error.path === undefined && (data === undefined || data === null)
      ? pathsOf(roots()).map((path) => ({ ...error, ...path }))
      : [error],
  );
  return { data: copyable(data), errors: placed };
}

function pathsOf(roots: readonly string[]): readonly { readonly path: readonly string[] }[] {
  return roots.length === 0 || roots.includes('_entities')
    ? [{ path: [] }]
    : roots.map((root) => ({ path: [root] }));
}

function copyable(data: GraphqlResult['data']): Record<string, unknown> | null {
  return data ?? null;
}

function createRootReader(): (query: string) => readonly string[] {
  const known = new LRUCache<string, readonly string[]>({ max: MAX_KNOWN_FETCHES });
  return (query) => {
    const roots = known.get(query) ?? rootFields(parse(query, { noLocation: true }));
    known.set(query, roots);
    return roots;
  };
}

function rootFields(document: DocumentNode): readonly string[] {
  const operation = document.definitions.find(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  return (operation?.selectionSet.selections ?? []).flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
  );
}
