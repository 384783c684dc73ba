/** An operation ready to run: its plan and the shape of its reply, both compiled. */

import { type Operation, operationFromDocument } from '@apollo/federation-internals';
import type { QueryPlan } from '@apollo/query-planner';
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { RequestContext } from '#platform/request-context';
import type { FederatedSchema } from '../federated-schema.ts';
import { createEntityGathering, type EntityGathering } from './entity-gathering.ts';
import type { Fields } from './own-value.ts';
import { compilePlan, type Unsupported } from './plan-steps.ts';
import { createReplyShaper } from './reply.ts';
import type { Run, UpstreamOf } from './run.ts';
import { createTypeTable, type TypeTable } from './type-table.ts';

export interface ExecutorSchema {
  readonly federated: FederatedSchema;
  readonly apiTypes: TypeTable;
  readonly supergraphTypes: TypeTable;
}

export function executorSchemaOf(federated: FederatedSchema): ExecutorSchema {
  return {
    federated,
    apiTypes: createTypeTable(federated.schema),
    supergraphTypes: createTypeTable(federated.supergraphSchema),
  };
}

export interface OperationParts extends ExecutorSchema {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly upstreamOf: UpstreamOf;
}

export interface Call {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
  readonly onFetchErrors?: (service: string, errors: readonly GraphQLFormattedError[]) => void;
}

export type CompiledOperation =
  | { readonly run: (call: Call) => Promise<ExecutionResult> }
  | { readonly unsupported: Unsupported };

/** Plans, too: takes milliseconds. Throws what the planner throws. */
export function compileOperation(parts: OperationParts): CompiledOperation {
  const { federated } = parts;
  const operation = operationOf(parts);
  const plan = federated.planner.buildQueryPlan(operation);
  const start = compileRun(parts, { operation, plan, isSharedByRuns: false });
  if ('unsupported' in start) return start;
  return {
    run: (call) => {
      const gathering = createEntityGathering('for one run');
      return start.run(call, { data: {}, errors: [], gathering });
    },
  };
}

export function operationOf({ document, definition, federated }: OperationParts): Operation {
  const operationName = definition.name?.value;
  return operationFromDocument(
    federated.apiSchema,
    document,
    operationName === undefined ? {} : { operationName },
  );
}

/** What a run starts from: nothing, or the event of a subscription. */
export interface Start {
  readonly data: Fields;
  readonly errors: GraphQLError[];
  readonly gathering: EntityGathering;
}

export type StartedRun = (call: Call, start: Start) => Promise<ExecutionResult>;

export function compileRun(
  { definition, federated, apiTypes, supergraphTypes, upstreamOf }: OperationParts,
  { operation, plan, isSharedByRuns }: Planned,
): { readonly run: StartedRun } | { readonly unsupported: Unsupported } {
  const compiled = compilePlan({
    plan,
    operation,
    types: supergraphTypes,
    upstreamOf,
    isSharedByRuns,
  });
  if ('unsupported' in compiled) return compiled;
  const shape = createReplyShaper({
    operation,
    variableDefinitions: definition.variableDefinitions ?? [],
    schema: federated.schema,
    types: apiTypes,
  });
  const isMutation = definition.operation === OperationTypeNode.MUTATION;
  return {
    run: async (call, start) => {
      const { data } = start;
      const run: Run = { ...call, ...start, isMutation };
      await compiled.step(run, { data, path: [] });
      return resultOf(run, () => shape(data, call.variables));
    },
  };
}

interface Planned {
  readonly operation: Operation;
  readonly plan: QueryPlan;
  readonly isSharedByRuns: boolean;
}

/** Values that do not fit are reported only when no subgraph reported anything. */
function resultOf({ errors }: Run, shape: () => ReturnType<ReturnType<typeof createReplyShaper>>) {
  try {
    const reply = shape();
    if (errors.length > 0) return { errors, data: reply.data };
    if (reply.errors.length === 0) return { data: reply.data };
    return { extensions: { valueCompletion: reply.errors }, data: reply.data };
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] };
    const originalError = error instanceof Error ? error : new Error(String(error));
    return { errors: [new GraphQLError(originalError.message, { originalError })] };
  }
}
