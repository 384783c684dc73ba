/**
 * Queries and mutations: ApolloGateway plans and executes over our own upstreams, behind the
 * access filter. Made to stand behind Apollo Server's `gateway` option; an executor of our own
 * would take ApolloGateway's place here.
 */

import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import type {
  GatewayExecutionResult,
  GatewayExecutor,
  GatewayGraphQLRequestContext,
  GatewayInterface,
} from '@apollo/server-gateway-interface';
import { type ExecutionResult, GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { ErrorScope } from '#platform/graphql/error-format';
import { PlatformError } from '#platform/errors';
import type { Logger } from '#platform/logger';
import type { AccessFilter } from './access/access-filter.ts';
import { coercedVariables, operationOf } from './asked-operation.ts';
import { isGatewayContext } from './gateway-context.ts';
import { silenceVendorTelemetry } from './outside-calls.ts';
import { presentError, presentResult } from './result-format.ts';
import { dataSourceOf } from './upstream/data-source.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface QueryGatewayParts {
  /** Without access directives. */
  readonly supergraphSdl: string;
  readonly upstreamOf: (name: string, url: string | undefined) => Upstream;
  /** What callers see. */
  readonly schema: GraphQLSchema;
  readonly accessFilter: AccessFilter;
  readonly logger: Logger;
}

export interface QueryGateway {
  /** For Apollo Server, whose life cycle loads and stops it. */
  readonly gateway: GatewayInterface;
  /** By name of the subgraph; complete once loaded. */
  readonly dataSources: Readonly<Record<string, GraphQLDataSource>>;
}

export function createQueryGateway(parts: QueryGatewayParts): QueryGateway {
  silenceVendorTelemetry();
  const dataSources: Record<string, GraphQLDataSource> = {};
  const apollo = new ApolloGateway({
    supergraphSdl: parts.supergraphSdl,
    buildService: ({ name, url }) => {
      const source = dataSourceOf(parts.upstreamOf(name, url));
      dataSources[name] = source;
      return source;
    },
    logger: quietLogger(parts.logger),
    __exposeQueryPlanExperimental: false,
  });
  return {
    dataSources,
    gateway: {
      load: async (options) => {
        const { executor } = await apollo.load(options);
        return { executor: guardedExecutor(executor, parts) };
      },
      onSchemaLoadOrUpdate: (callback) => apollo.onSchemaLoadOrUpdate(callback),
      stop: () => apollo.stop(),
    },
  };
}

function guardedExecutor(plain: GatewayExecutor, parts: QueryGatewayParts): GatewayExecutor {
  return async (asked) => {
    const scope = scopeOf(asked, parts.logger);
    try {
      return presentResult(await filteredAnswer(plain, parts, asked), scope);
    } catch (error) {
      return { errors: [presentError(asError(error), scope)] };
    }
  };
}

async function filteredAnswer(
  plain: GatewayExecutor,
  { accessFilter, schema }: QueryGatewayParts,
  asked: GatewayGraphQLRequestContext,
): Promise<ExecutionResult> {
  const { document, queryHash, request, context } = asked;
  // Apollo Server hands over an operation that it did not find, for the executor to say so.
  const operation = operationOf(document, request.operationName);
  if ('errors' in operation) return operation;
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
    throw new PlatformError('BAD_USER_INPUT', 'subscriptions are served over WebSocket');
  }
  const read = coercedVariables(schema, operation, request.variables ?? {});
  if ('errors' in read) return read;
  const identity = isGatewayContext(context) ? context.request.identity : null;
  const decision = accessFilter({ document, operation, documentHash: queryHash, identity });
  switch (decision.kind) {
    case 'open':
      return plain(asked);
    case 'refused':
      return { data: null, errors: decision.errors };
    case 'filtered': {
      // The plan cache goes by this hash: two callers who are denied different fields of one
      // document must never share a plan.
      const ownHash = `${queryHash} ${decision.deniedKey}`;
      const seen = { ...asked, document: decision.document, queryHash: ownHash };
      const result: GatewayExecutionResult = await plain(seen);
      return decision.restore(result, request.variables ?? {});
    }
  }
}

function scopeOf({ context }: GatewayGraphQLRequestContext, logger: Logger): ErrorScope {
  if (!isGatewayContext(context)) return { logger, correlationId: 'unknown' };
  const { correlationId, signal } = context.request;
  return { logger, correlationId, signal };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new GraphQLError(String(error));
}

/** ApolloGateway reports each load as news; here it is part of a start. */
function quietLogger(logger: Logger) {
  return {
    debug: (message?: unknown) => logger.trace(String(message)),
    info: (message?: unknown) => logger.debug(String(message)),
    warn: (message?: unknown) => logger.warn(String(message)),
    error: (message?: unknown) => logger.error(String(message)),
  };
}
