/**
 * Subscribes to any subscription field of any subgraph, with fields of other subgraphs in its
 * selection: on a stream shared with all who ask for the same where the field allows it
 * (gateway/fan-out), otherwise on a stream of the client's own.
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
import type { AccessDecision, AccessFilter } from '../access/access-filter.ts';
import { coercedVariables, operationOf } from '../asked-operation.ts';
import type { Recipient } from '../fan-out/delivery.ts';
import type { FanOutRules } from '../fan-out/fan-out-rules.ts';
import { createFanOutHub, type FanOutHub, type FamilySource } from '../fan-out/hub.ts';
import { messageRest } from '../fan-out/next-message.ts';
import { createSharing, type Sharing, type SharingOf } from '../fan-out/shared-stream.ts';
import type { FederatedSchema } from '../federated-schema.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import {
  formattedResult,
  presentError,
  presentFormatted,
  presentResult,
} from '../result-format.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createHydrate } from './hydrate.ts';
import {
  createSubscriptionPlanner,
  type PlanSubscription,
  type SubscriptionPlan,
} from './subscription-plan.ts';

export interface SubscriberParts {
  readonly federated: FederatedSchema;
  readonly accessFilter: AccessFilter;
  readonly fanOutRules: FanOutRules;
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
  /** Events of a shared stream go there, and not through the stream that is answered. */
  readonly recipient: Recipient;
}

export type SubscriptionAnswer =
  | { readonly stream: AsyncIterableIterator<ExecutionResult> }
  | { readonly errors: readonly GraphQLError[] };

export type Subscriber = (request: SubscriptionRequest) => Promise<SubscriptionAnswer>;

/** A stream has no deadline of its own; what it reads on the way has this one. */
const STREAM_DEADLINE_MS = 86_400_000;

interface Inside extends SubscriberParts {
  readonly planOf: PlanSubscription;
  readonly sharingOf: SharingOf;
  readonly hub: FanOutHub;
}

export function createSubscriber(parts: SubscriberParts): Subscriber {
  const inside: Inside = {
    ...parts,
    planOf: createSubscriptionPlanner(parts.federated),
    sharingOf: createSharing(parts.fanOutRules, parts.federated.schema),
    hub: createFanOutHub(parts.metrics),
  };
  return async (request) => {
    const scope = { logger: parts.logger, correlationId: request.correlationId };
    try {
      const answer = await subscribe(request, inside);
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
  inside: Inside,
): Promise<SubscriptionAnswer> {
  const { document, documentHash, operation, identity, variables } = request;
  const read = coercedVariables(inside.federated.schema, operation, variables);
  if ('errors' in read) return read;
  const decision = inside.accessFilter({ document, operation, documentHash, identity });
  if (decision.kind === 'refused') return { errors: decision.errors };
  const isFiltered = decision.kind === 'filtered';
  const allowed = isFiltered ? decision.document : document;
  const found = isFiltered ? operationOf(allowed, operation.name?.value) : operation;
  if ('errors' in found) return found;
  const hash = isFiltered ? `${documentHash} ${decision.deniedKey}` : documentHash;
  const key = `${operation.name?.value ?? ''} ${hash}`;
  const stream: AskedStream = { request, decision, document: allowed, operation: found, key };
  const { coerced } = read;
  const sharing = inside.sharingOf({ ...request, ...stream, whole: request, coerced });
  return sharing ? join(stream, sharing, inside) : openOwn(stream, inside);
}

interface AskedStream {
  readonly request: SubscriptionRequest;
  readonly decision: Exclude<AccessDecision, { kind: 'refused' }>;
  /** Without the denied fields. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly key: string;
}

async function join(
  stream: AskedStream,
  sharing: Sharing,
  inside: Inside,
): Promise<SubscriptionAnswer> {
  const { family, keys, rule } = sharing;
  const answer = await inside.hub.subscribe(
    { family, keys, rule, sourceOf: () => familySource(stream, sharing, inside) },
    stream.request.recipient,
  );
  return 'stream' in answer ? answer : { errors: answer.errors.map(presentFormatted) };
}

/** What all subscriptions of a family have in common: the plan, and how events are completed. */
function familySource(stream: AskedStream, sharing: Sharing, inside: Inside): FamilySource {
  const plan = inside.planOf({ ...sharing, key: sharing.planKey });
  const asked = { ...stream.request, identity: sharing.identity };
  // Nothing that is done to an event depends on the keys, yet they have to be given.
  const [anyKey = null] = sharing.keys;
  const variables = { ...asked.variables, ...sharing.variablesFor(anyKey) };
  const present = presenter(
    { ...stream, ...sharing, request: { ...asked, variables } },
    plan,
    inside,
  );
  return {
    open: (key, signal) =>
      openStream(plan, { ...asked, variables: sharing.variablesFor(key) }, signal, inside),
    present: async (event, signal) => messageRest(formattedResult(await present(event, signal))),
  };
}

async function openOwn(stream: AskedStream, inside: Inside): Promise<SubscriptionAnswer> {
  const { request } = stream;
  const plan = inside.planOf(stream);
  const present = presenter(stream, plan, inside);
  const abort = new AbortController();
  const upstream = await openStream(plan, request, abort.signal, inside);
  if ('errors' in upstream) {
    abort.abort();
    return { errors: upstream.errors.map(presentFormatted) };
  }
  inside.metrics.activeSubscriptions.inc();
  const presentNow = (event: GraphqlResult) => present(event, abort.signal);
  const events = mapStream(upstream.events, presentNow, () => {
    inside.metrics.activeSubscriptions.dec();
    abort.abort();
  });
  return { stream: events };
}

/** Makes of what a subgraph streams what the caller asked for. Never rejects. */
function presenter(
  { request, decision, document, operation }: AskedStream,
  plan: SubscriptionPlan,
  inside: Inside,
): (event: GraphqlResult, signal: AbortSignal) => Promise<ExecutionResult> {
  const hydrate = createHydrate({ ...inside, ...request, document, operation, plan });
  const scope = { logger: inside.logger, correlationId: request.correlationId };
  return async (event, signal) => {
    const deadlineAtMs = inside.clock.nowMs() + inside.eventTimeoutMs;
    const context = requestOf(request, signal, deadlineAtMs);
    try {
      const result = await hydrate(event, { transport: 'websocket', request: context });
      const restored =
        decision.kind === 'filtered' ? await decision.restore(result, request.variables) : result;
      return presentResult(restored, scope);
    } catch (error) {
      const found = error instanceof Error ? error : new Error(String(error));
      return { data: null, errors: [presentError(found, scope)] };
    }
  };
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
