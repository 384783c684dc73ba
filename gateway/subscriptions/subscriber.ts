/**
 * Subscribes to any subscription field of any subgraph, with fields of other subgraphs in its
 * selection. One upstream subscription per caller today; sharing one per (primary operation,
 * variables, scopes) belongs between `openStream` and the upstream.
 */

import type { GraphQLDataSource } from '@apollo/gateway';
import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type OperationDefinitionNode,
} from 'graphql';
import type { Clock } from '#platform/clock';
import type { GraphqlResult, GraphqlStream } from '#platform/graphql/executor';
import { mapStream } from '#platform/graphql/stream';
import type { Logger } from '#platform/logger';
import type { Identity, RequestContext } from '#platform/request-context';
import type { AccessFilter } from '../access/access-filter.ts';
import { coercedVariables } from '../asked-operation.ts';
import type { FederatedSchema } from '../federated-schema.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import { presentError, presentFormatted, presentResult } from '../result-format.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createHydrate } from './hydrate.ts';
import { createSubscriptionPlanner, type SubscriptionPlan } from './subscription-plan.ts';

export interface SubscriberParts {
  readonly federated: FederatedSchema;
  readonly accessFilter: AccessFilter;
  readonly dataSources: Readonly<Record<string, GraphQLDataSource>>;
  readonly upstreamOf: (name: string) => Upstream;
  readonly eventTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
}

export interface SubscriptionRequest {
  readonly document: DocumentNode;
  readonly documentHash: string;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly identity: Identity | null;
  readonly correlationId: string;
}

export type SubscriptionAnswer =
  | { readonly stream: AsyncIterableIterator<ExecutionResult> }
  | { readonly errors: readonly GraphQLError[] };

export type Subscriber = (request: SubscriptionRequest) => Promise<SubscriptionAnswer>;

/** A stream has no deadline of its own; what it reads on the way has this one. */
const STREAM_DEADLINE_MS = 86_400_000;

export function createSubscriber(parts: SubscriberParts): Subscriber {
  const planOf = createSubscriptionPlanner(parts.federated);
  return async (request) => {
    const scope = { logger: parts.logger, correlationId: request.correlationId };
    try {
      const answer = await subscribe(request, parts, planOf);
      if ('stream' in answer) return answer;
      return { errors: answer.errors.map((error) => presentError(error, scope)) };
    } catch (error) {
      const found = error instanceof Error ? error : new Error(String(error));
      return { errors: [presentError(found, scope)] };
    }
  };
}

async function subscribe(
  request: SubscriptionRequest,
  parts: SubscriberParts,
  planOf: ReturnType<typeof createSubscriptionPlanner>,
): Promise<SubscriptionAnswer> {
  const { document, documentHash, operation, identity, variables } = request;
  const read = coercedVariables(parts.federated.schema, operation, variables);
  if ('errors' in read) return read;
  const decision = parts.accessFilter({ document, operation, documentHash, identity });
  if (decision.kind === 'refused') return { errors: decision.errors };
  const isFiltered = decision.kind === 'filtered';
  const allowed = isFiltered ? decision.document : document;
  const key = isFiltered ? `${documentHash} ${decision.deniedKey}` : documentHash;
  const plan = planOf({ document: allowed, operation, key });
  const hydrate = createHydrate({ ...parts, ...request, document: allowed, plan });
  const abort = new AbortController();
  const upstream = await openStream(plan, request, abort.signal, parts);
  if ('errors' in upstream) {
    abort.abort();
    return { errors: upstream.errors.map(presentFormatted) };
  }
  const present = async (event: GraphqlResult): Promise<ExecutionResult> => {
    const context = requestOf(request, abort.signal, parts.clock.nowMs() + parts.eventTimeoutMs);
    const scope = { logger: parts.logger, correlationId: request.correlationId };
    try {
      const result = await hydrate(event, { transport: 'websocket', request: context });
      const restored = isFiltered ? await decision.restore(result, variables) : result;
      return presentResult(restored, scope);
    } catch (error) {
      const found = error instanceof Error ? error : new Error(String(error));
      return { data: null, errors: [presentError(found, scope)] };
    }
  };
  parts.metrics.activeSubscriptions.inc();
  const stream = mapStream(upstream.events, present, () => {
    parts.metrics.activeSubscriptions.dec();
    abort.abort();
  });
  return { stream };
}

async function openStream(
  { primary }: SubscriptionPlan,
  request: SubscriptionRequest,
  signal: AbortSignal,
  { upstreamOf, clock }: SubscriberParts,
): Promise<GraphqlStream> {
  const used = new Set(primary.variableUsages);
  const given = Object.entries(request.variables).filter(([name]) => used.has(name));
  return upstreamOf(primary.serviceName).subscribe({
    query: primary.operation,
    variables: Object.fromEntries(given),
    operationName: primary.operationName,
    context: requestOf(request, signal, clock.nowMs() + STREAM_DEADLINE_MS),
    isMutation: false,
  });
}

function requestOf(
  { identity, correlationId }: SubscriptionRequest,
  signal: AbortSignal,
  deadlineAtMs: number,
): RequestContext {
  return { identity, correlationId, deadlineAtMs, signal };
}
