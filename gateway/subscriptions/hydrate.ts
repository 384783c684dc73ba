/**
 * Makes of an event what the caller asked for, with the fields of other subgraphs, by the compiled
 * executor: the event stands in for the answer to the plan's first fetch. Events that wait at the
 * same time ask together. A plan that is not compiled is left to ApolloGateway's executor.
 */

import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway';
import type { GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import type { DocumentNode, ExecutionResult, OperationDefinitionNode } from 'graphql';
import type { GraphqlResult } from '#platform/graphql/executor';
import type { Identity } from '#platform/request-context';
import { compileRun, executorSchemaOf, type StartedRun } from '../executor/compiled-operation.ts';
import { createEntityGathering, type EntityGathering } from '../executor/entity-gathering.ts';
import { eventErrors } from '../executor/fetch-errors.ts';
import type { Unsupported } from '../executor/plan-steps.ts';
import { compileRewrites, type Rewrite } from '../executor/rewrites.ts';
import type { UpstreamOf } from '../executor/run.ts';
import type { FederatedSchema } from '../federated-schema.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import { responseOf } from '../upstream/data-source.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';

export interface Hydration {
  readonly plan: SubscriptionPlan;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly federated: FederatedSchema;
  readonly dataSources: Readonly<Record<string, GraphQLDataSource>>;
  readonly upstreamOf: UpstreamOf;
  readonly metrics: Pick<GatewayMetrics, 'executorFallbacks'>;
}

export type Hydrate = (event: GraphqlResult, context: GatewayContext) => Promise<ExecutionResult>;

export function createHydrate(hydration: Hydration): Hydrate {
  const { plan, variables, metrics } = hydration;
  const compiled = compiledRest(hydration);
  if ('unsupported' in compiled) {
    metrics.executorFallbacks.inc({ reason: compiled.unsupported });
    return throughApollo(hydration);
  }
  const { serviceName } = plan.primary;
  return async (event, { request: context }) => {
    const { data, errors: found = [] } = responseOf(event, () => []);
    const errors = eventErrors(found, serviceName);
    if (!data && !plan.rest) return { data: null, errors };
    compiled.rewrite?.(data);
    const gathering = compiled.gatheringFor(context.identity);
    return compiled.run({ variables, context }, { data: { ...data }, errors, gathering });
  };
}

interface CompiledRest {
  readonly run: StartedRun;
  readonly rewrite: Rewrite | undefined;
  readonly gatheringFor: (identity: Identity | null) => EntityGathering;
}

type Compiled = CompiledRest | { readonly unsupported: Unsupported };

/** Once per plan, however many subscribe with it, so that their events can ask together. */
const compiledByPlan = new WeakMap<SubscriptionPlan, Compiled>();

function compiledRest(hydration: Hydration): Compiled {
  const known = compiledByPlan.get(hydration.plan);
  if (known) return known;
  const fresh = compileRest(hydration);
  compiledByPlan.set(hydration.plan, fresh);
  return fresh;
}

function compileRest({ plan, document, operation, federated, upstreamOf }: Hydration): Compiled {
  const schema = executorSchemaOf(federated);
  const node = plan.rest;
  const compiled = compileRun(
    { ...schema, document, definition: operation, upstreamOf },
    {
      operation: plan.operation,
      plan: { kind: 'QueryPlan', ...(node ? { node } : {}) },
      isSharedByRuns: true,
    },
  );
  if ('unsupported' in compiled) return compiled;
  const ofNobody = createEntityGathering('for many runs');
  const byIdentity = new WeakMap<Identity, EntityGathering>();
  return {
    run: compiled.run,
    rewrite: compileRewrites(plan.primary.outputRewrites, schema.supergraphTypes),
    gatheringFor: (identity) => {
      if (!identity) return ofNobody;
      const known = byIdentity.get(identity) ?? createEntityGathering('for many runs');
      byIdentity.set(identity, known);
      return known;
    },
  };
}

function throughApollo(hydration: Hydration): Hydrate {
  const { plan, document, operation, federated, dataSources } = hydration;
  const operationName = operation.name?.value;
  const operationContext = buildOperationContext({
    schema: federated.schema,
    operationDocument: document,
    ...(operationName === undefined ? {} : { operationName }),
  });
  const { serviceName } = plan.primary;
  const owner = dataSources[serviceName];
  if (!owner) throw new Error(`the plan names a subgraph we do not have: ${serviceName}`);
  return (event, context) =>
    executeQueryPlan(
      plan.eventPlan,
      { ...dataSources, [serviceName]: answeringFirst(plan, event, owner) },
      requestContextOf(hydration, context),
      operationContext,
      federated.supergraphSchema,
      federated.apiSchema,
    );
}

/** The owner of the stream may be asked again, for entities; only the first fetch is the event. */
function answeringFirst(
  { primary }: SubscriptionPlan,
  event: GraphqlResult,
  owner: GraphQLDataSource,
): GraphQLDataSource {
  return {
    process: (options) =>
      options.request.query === primary.operation
        ? Promise.resolve(responseOf(event, () => []))
        : owner.process(options),
  };
}

/** ApolloGateway's executor reads these parts of a request, and no others. */
type ReadByExecutor = Pick<
  GatewayGraphQLRequestContext,
  'request' | 'document' | 'operation' | 'operationName' | 'context' | 'schema' | 'metrics'
>;

function requestContextOf(
  { document, operation, variables, federated }: Hydration,
  context: GatewayContext,
): GatewayGraphQLRequestContext {
  const read: ReadByExecutor = {
    request: { variables: { ...variables } },
    document,
    operation,
    operationName: operation.name?.value ?? null,
    context,
    schema: federated.schema,
    metrics: {},
  };
  return read as GatewayGraphQLRequestContext;
}
