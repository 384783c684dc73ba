/** A query plan as one function: every node becomes a closure, once. */

import type { Operation } from '@apollo/federation-internals';
import type {
  ConditionNode,
  FetchNode,
  FlattenNode,
  PlanNode,
  QueryPlan,
} from '@apollo/query-planner';
import { compileFetch } from './fetch-step.ts';
import { type FetchPlace, placesOfFetches } from './fetch-places.ts';
import { ownValue } from './own-value.ts';
import { valuesAt } from './response-path.ts';
import type { Run, Step, UpstreamOf } from './run.ts';
import type { TypeTable } from './type-table.ts';

export interface PlanParts {
  readonly plan: QueryPlan;
  readonly operation: Operation;
  /** Of the supergraph. */
  readonly types: TypeTable;
  readonly upstreamOf: UpstreamOf;
  readonly isSharedByRuns: boolean;
}

export type Compiled = { readonly step: Step } | { readonly unsupported: Unsupported };

/** Why a plan is left to ApolloGateway's executor. */
export type Unsupported = 'defer' | 'subscription' | 'context-argument';

interface Parts extends Omit<PlanParts, 'plan' | 'isSharedByRuns'> {
  readonly places: ReadonlyMap<FetchNode, FetchPlace>;
}

const nothing: Step = () => undefined;

export function compilePlan({ plan, isSharedByRuns, ...parts }: PlanParts): Compiled {
  const { node } = plan;
  if (!node) return { step: nothing };
  if (node.kind === 'Subscription') return { unsupported: 'subscription' };
  const unsupported = whyNot(node);
  if (unsupported) return { unsupported };
  const places = placesOfFetches(node, { isSharedByRuns });
  return { step: stepOf(node, { ...parts, places }) };
}

function whyNot(node: PlanNode): Unsupported | undefined {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return node.nodes.map(whyNot).find((reason) => reason !== undefined);
    case 'Flatten':
      return whyNot(node.node);
    case 'Condition':
      return (
        (node.ifClause && whyNot(node.ifClause)) ?? (node.elseClause && whyNot(node.elseClause))
      );
    case 'Fetch':
      return node.contextRewrites?.length ? 'context-argument' : undefined;
    case 'Defer':
      return 'defer';
  }
}

function stepOf(node: PlanNode, parts: Parts): Step {
  switch (node.kind) {
    case 'Sequence':
      return sequence(node.nodes.map((each) => stepOf(each, parts)));
    case 'Parallel':
      return parallel(node.nodes.map((each) => stepOf(each, parts)));
    case 'Flatten':
      return flatten(node, parts);
    case 'Condition':
      return condition(node, parts);
    case 'Fetch':
      return fetchStep(node, parts);
    case 'Defer':
      throw new Error('a plan with @defer was not refused');
  }
}

function sequence(steps: readonly Step[]): Step {
  return async (run, cursor) => {
    for (const step of steps) await step(run, cursor);
  };
}

function parallel(steps: readonly Step[]): Step {
  return async (run, cursor) => {
    await Promise.all(steps.map(async (step) => step(run, cursor)));
  };
}

function flatten({ path, node }: FlattenNode, parts: Parts): Step {
  const inner = stepOf(node, parts);
  return (run, cursor) => {
    const data = valuesAt(cursor.data, path);
    return data ? inner(run, { data, path: [...cursor.path, ...path] }) : undefined;
  };
}

function condition({ condition: name, ifClause, elseClause }: ConditionNode, parts: Parts): Step {
  const { operation } = parts;
  const byDefault: unknown = operation.collectDefaultedVariableValues()[name];
  const whenTrue = ifClause ? stepOf(ifClause, parts) : nothing;
  const whenFalse = elseClause ? stepOf(elseClause, parts) : nothing;
  return (run, cursor) => {
    const value = given(run, name) ?? byDefault;
    if (typeof value !== 'boolean') {
      throw new TypeError(`expected a Boolean for the variable $${name} of @skip or @include`);
    }
    return value ? whenTrue(run, cursor) : whenFalse(run, cursor);
  };
}

/** A null stays null: a default is for what was left out. */
function given({ variables }: Run, name: string): unknown {
  const value = ownValue(variables, name);
  return value === null ? 'null' : value;
}

function fetchStep(node: FetchNode, { places, types, upstreamOf }: Parts): Step {
  const place = places.get(node);
  if (!place) throw new Error('a fetch without a place in its plan');
  return compileFetch({ ...place, types, upstreamOf });
}
