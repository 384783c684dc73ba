/**
 * Completes an event with the fields of other subgraphs, by ApolloGateway's own plan executor: the
 * event stands in for the answer to the plan's first fetch. A compiled executor takes its place
 * behind the same function.
 */

import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway';
import type { GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface';
import type {
  DocumentNode,
  ExecutionResult,
  GraphQLFormattedError,
  OperationDefinitionNode,
} from 'graphql';
import type { GraphqlResult } from '#platform/graphql/executor';
import type { FederatedSchema } from '../federated-schema.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { presentFormatted } from '../result-format.ts';
import { responseOf } from '../upstream/data-source.ts';
import { eventShapeOf, shaped } from './event-shape.ts';
import type { SubscriptionPlan } from './subscription-plan.ts';

export interface Hydration {
  readonly plan: SubscriptionPlan;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly federated: FederatedSchema;
  readonly dataSources: Readonly<Record<string, GraphQLDataSource>>;
}

export type Hydrate = (event: GraphqlResult, context: GatewayContext) => Promise<ExecutionResult>;

export function createHydrate(hydration: Hydration): Hydrate {
  return withoutOthers(hydration) ?? withOthers(hydration);
}

/** For events that no other subgraph adds to. */
function withoutOthers({ plan, document, operation, federated }: Hydration): Hydrate | undefined {
  const { primary, needsOthers } = plan;
  if (needsOthers || primary.outputRewrites) return undefined;
  const shape = eventShapeOf(federated.schema, document, operation);
  if (!shape) return undefined;
  return ({ data, errors }) => {
    const kept = data ? (shaped(data, shape) as ExecutionResult['data']) : null;
    const result = { data: kept ?? null };
    if (!errors) return Promise.resolve(result);
    const named = errors.map((error) => presentFormatted(ofService(error, primary.serviceName)));
    return Promise.resolve({ ...result, errors: named });
  };
}

function ofService(error: GraphQLFormattedError, service: string): GraphQLFormattedError {
  return { ...error, extensions: { service, ...error.extensions } };
}

function withOthers(hydration: Hydration): Hydrate {
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
