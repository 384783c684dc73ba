/**
 * Plans a subscription with Apollo's planner: a `primary` fetch that the owning subgraph streams,
 * and what the other subgraphs add to each of its events.
 */

import { type Operation, operationFromDocument } from '@apollo/federation-internals';
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import {
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { PlatformError } from '#platform/errors';
import type { FederatedSchema } from '../federated-schema.ts';

export interface SubscriptionPlan {
  /** As the planner reads it. */
  readonly operation: Operation;
  readonly primary: FetchNode;
  /** What the other subgraphs add; undefined when the owning one answers everything. */
  readonly rest: PlanNode | undefined;
  /** Runs `primary` first, then the rest; `primary` is answered with the event itself. */
  readonly eventPlan: QueryPlan;
}

export interface PlannedDocument {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Equal for equal document texts and denied fields. */
  readonly key: string;
}

export type PlanSubscription = (asked: PlannedDocument) => SubscriptionPlan;

const MAX_PLANS = 2_000;

export function createSubscriptionPlanner(federated: FederatedSchema): PlanSubscription {
  const plans = new LRUCache<string, SubscriptionPlan>({ max: MAX_PLANS });
  return (asked) => {
    const key = `${asked.operation.name?.value ?? ''} ${asked.key}`;
    const known = plans.get(key);
    if (known) return known;
    const plan = planOf(asked, federated);
    plans.set(key, plan);
    return plan;
  };
}

function planOf(
  { document, operation }: PlannedDocument,
  { apiSchema, planner }: FederatedSchema,
): SubscriptionPlan {
  refuseConditionalRoot(operation.selectionSet.selections);
  const operationName = operation.name?.value;
  const options = operationName === undefined ? {} : { operationName };
  const read = operationFromDocument(apiSchema, document, options);
  const { node } = planner.buildQueryPlan(read);
  if (node?.kind !== 'Subscription') {
    throw new PlatformError('BAD_USER_INPUT', 'a subscription asks for one field of a subgraph');
  }
  const { primary, rest } = node;
  const eventNode = rest ? { kind: 'Sequence' as const, nodes: [primary, rest] } : primary;
  const eventPlan: QueryPlan = { kind: 'QueryPlan', node: eventNode };
  return { operation: read, primary, rest, eventPlan };
}

/** There is always exactly one stream: a condition on it has no meaning. */
function refuseConditionalRoot(selections: readonly SelectionNode[]): void {
  for (const selection of selections) {
    const condition = selection.directives?.find(({ name }) =>
      ['skip', 'include'].includes(name.value),
    );
    if (condition) {
      throw new GraphQLError('put @skip and @include below the root field of a subscription', {
        nodes: condition,
        extensions: { code: 'BAD_USER_INPUT' },
      });
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      refuseConditionalRoot(selection.selectionSet.selections);
    }
  }
}
