/**
 * Queries and mutations, behind the access filter: the compiled executor runs them over our own
 * upstreams, and what it does not know is left to ApolloGateway. Made to stand behind Apollo
 * Server's `gateway` option, whose life cycle stays ApolloGateway's.
 */

import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import type {
  GatewayExecutor,
  GatewayGraphQLRequestContext,
  GatewayInterface,
} from '@apollo/server-gateway-interface';
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { ErrorScope } from '#platform/graphql/error-format';
import { PlatformError } from '#platform/errors';
import type { Logger } from '#platform/logger';
import type { AccessFilter } from './access/access-filter.ts';
import { coercedVariables, operationOf } from './asked-operation.ts';
import { type CompiledExecutor, createCompiledExecutor } from './executor/compiled-executor.ts';
import type { FederatedSchema } from './federated-schema.ts';
import { isGatewayContext } from './gateway-context.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { silenceVendorTelemetry } from './outside-calls.ts';
import { presentError, presentResult } from './result-format.ts';
import { dataSourceOf } from './upstream/data-source.ts';
import type { Upstream } from './upstream/upstream.ts';

export interface QueryGatewayParts {
  /** Without access directives. */
  readonly supergraphSdl: string;
  readonly upstreamOf: (name: string, url: string | undefined) => Upstream;
  readonly federated: FederatedSchema;
  readonly accessFilter: AccessFilter;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
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
  const compiled = createCompiledExecutor({
    federated: parts.federated,
    upstreamOf: (name) => parts.upstreamOf(name, undefined),
  });
  return {
    dataSources,
    gateway: {
      load: async (options) => {
        const { executor: plain } = await apollo.load(options);
        return { executor: guardedExecutor({ plain, compiled }, parts) };
      },
      onSchemaLoadOrUpdate: (callback) => apollo.onSchemaLoadOrUpdate(callback),
      stop: () => apollo.stop(),
    },
  };
}

interface Executors {
  readonly plain: GatewayExecutor;
  readonly compiled: CompiledExecutor;
}

function guardedExecutor(executors: Executors, parts: QueryGatewayParts): GatewayExecutor {
  return async (asked) => {
    const scope = scopeOf(asked, parts.logger);
    try {
      return presentResult(await filteredAnswer(executors, parts, asked), scope);
    } catch (error) {
      return { errors: [presentError(asError(error), scope)] };
    }
  };
}

async function filteredAnswer(
  executors: Executors,
  { accessFilter, federated, metrics }: QueryGatewayParts,
  asked: GatewayGraphQLRequestContext,
): Promise<ExecutionResult> {
  const { document, queryHash, request, context } = asked;
  // Apollo Server hands over an operation that it did not find, for the executor to say so.
  const operation = operationOf(document, request.operationName);
  if ('errors' in operation) return operation;
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
    throw new PlatformError('BAD_USER_INPUT', 'subscriptions are served over WebSocket');
  }
  const variables = request.variables ?? {};
  const read = coercedVariables(federated.schema, operation, variables);
  if ('errors' in read) return read;
  const identity = isGatewayContext(context) ? context.request.identity : null;
  const decision = accessFilter({ document, operation, documentHash: queryHash, identity });
  const answer = (seen: Seen) => answerOf(executors, { asked, operation, metrics, seen });
  switch (decision.kind) {
    case 'open':
      return answer({ document, queryHash });
    case 'refused':
      return { data: null, errors: decision.errors };
    case 'filtered': {
      // The plan cache goes by this hash: two callers who are denied different fields of one
      // document must never share a plan.
      const ownHash = `${queryHash} ${decision.deniedKey}`;
      const result = await answer({ document: decision.document, queryHash: ownHash });
      return decision.restore(result, variables);
    }
  }
}

interface Seen {
  readonly document: DocumentNode;
  readonly queryHash: string;
}

interface Asked {
  readonly asked: GatewayGraphQLRequestContext;
  readonly operation: OperationDefinitionNode;
  readonly metrics: GatewayMetrics;
  /** What is left of the document for this caller. */
  readonly seen: Seen;
}

async function answerOf(
  { plain, compiled }: Executors,
  { asked, operation, metrics, seen }: Asked,
): Promise<ExecutionResult> {
  const { request, context } = asked;
  const fallBack = (reason: string): Promise<ExecutionResult> => {
    metrics.executorFallbacks.inc({ reason });
    return plain({ ...asked, ...seen });
  };
  if (!isGatewayContext(context)) return fallBack('foreign-context');
  // Usage reports with traces hold the plan as ApolloGateway draws it.
  if (asked.metrics.captureTraces === true) return fallBack('traces');
  const prepared = compiled({ ...seen, operationName: operation.name?.value });
  if ('unsupported' in prepared) return fallBack(prepared.unsupported);
  return prepared.run({
    variables: request.variables ?? {},
    context: context.request,
    onFetchErrors: (subgraph, errors) => {
      const paths = errors.map(({ path }) => ({ subgraph, path }));
      asked.metrics.nonFtv1ErrorPaths = [...(asked.metrics.nonFtv1ErrorPaths ?? []), ...paths];
    },
  });
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
