/** Runs the operations of one subgraph: prepared documents in, formatted results out. */

import {
  createSourceEventStream,
  type ExecutionResult,
  getVariableValues,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import type { Logger } from '../logger.ts';
import type { SubgraphContext } from '../subgraph.ts';
import { formatErrors, withCode } from './error-format.ts';
import { createPreparer, isSubscription, type PreparedOperation } from './prepared-operation.ts';
import { readScalarDefaults } from './scalar-defaults.ts';
import { mapStream } from './stream.ts';

export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly operationName?: string | undefined;
}

export interface GraphqlResult {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

export type GraphqlStream =
  | { readonly events: AsyncIterableIterator<GraphqlResult> }
  | { readonly errors: readonly GraphQLFormattedError[] };

export interface Executor {
  readonly execute: (request: GraphqlRequest, context: SubgraphContext) => Promise<GraphqlResult>;
  /**
   * `context` is that of the subscribing itself; each event is resolved in a context of its own,
   * so that loaders never answer with what they cached for an earlier event.
   */
  readonly subscribe: (
    request: GraphqlRequest,
    context: SubgraphContext,
    createEventContext: () => SubgraphContext,
  ) => Promise<GraphqlStream>;
}

export function createExecutor(schema: GraphQLSchema, { logger }: { logger: Logger }): Executor {
  readScalarDefaults(schema);
  const prepare = createPreparer(schema);
  const parts: Parts = { schema, logger };
  return {
    execute: async (request, context) => {
      const prepared = prepare(request.query, request.operationName);
      if ('errors' in prepared) return formatted(parts, prepared, context);
      if (isSubscription(prepared.operation)) {
        const errors = [new GraphQLError('a subscription has to be subscribed to')];
        return formatted(parts, { errors: withCode(errors, 'BAD_USER_INPUT') }, context);
      }
      return run(parts, prepared, { request, rootValue: undefined, context });
    },
    subscribe: async (request, context, createEventContext) => {
      const prepared = prepare(request.query, request.operationName);
      if ('errors' in prepared) return { errors: formatted(parts, prepared, context).errors ?? [] };
      const source = await openSource(parts, prepared, request, context);
      if ('errors' in source) return { errors: formatted(parts, source, context).errors ?? [] };
      const resolve = (event: unknown) =>
        run(parts, prepared, { request, rootValue: event, context: createEventContext() });
      return { events: mapStream(source.events, resolve) };
    },
  };
}

interface Parts {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
}

interface Call {
  readonly request: GraphqlRequest;
  readonly rootValue: unknown;
  readonly context: SubgraphContext;
}

async function run(
  parts: Parts,
  prepared: PreparedOperation,
  { request, rootValue, context }: Call,
): Promise<GraphqlResult> {
  const variables = request.variables ?? {};
  const result = await prepared.run({ rootValue, context, variables });
  if (result.data !== undefined) return formatted(parts, result, context);
  const errors = refusedVariables(parts, prepared, variables, result.errors ?? []);
  return formatted(parts, { errors }, context);
}

async function openSource(
  parts: Parts,
  prepared: PreparedOperation,
  { variables = {} }: GraphqlRequest,
  context: SubgraphContext,
): Promise<
  { readonly events: AsyncIterable<unknown> } | { readonly errors: readonly GraphQLError[] }
> {
  const operationName = prepared.operation.name?.value;
  const source = await createSourceEventStream({
    schema: parts.schema,
    document: prepared.document,
    contextValue: context,
    variableValues: variables,
    ...(operationName === undefined ? {} : { operationName }),
  });
  if (isAsyncIterable(source)) return { events: source };
  const errors = source.errors ?? [];
  if (errors.some((error) => error.path)) return { errors };
  return { errors: refusedVariables(parts, prepared, variables, errors) };
}

/** graphql-js says what is wrong with a variable; graphql-jit leaves the scalar's words out. */
function refusedVariables(
  { schema }: Parts,
  { operation }: PreparedOperation,
  variables: Readonly<Record<string, unknown>>,
  otherwise: readonly GraphQLError[],
): readonly GraphQLError[] {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  return withCode(errors ?? otherwise, 'BAD_USER_INPUT');
}

function formatted(
  { logger }: Parts,
  { data, errors }: ExecutionResult,
  { request: { correlationId, signal } }: SubgraphContext,
): GraphqlResult {
  if (errors === undefined || errors.length === 0) return data === undefined ? {} : { data };
  const shown = formatErrors(errors, { logger, correlationId, signal });
  return data === undefined ? { errors: shown } : { errors: shown, data };
}

function isAsyncIterable(
  value: ExecutionResult | AsyncIterable<unknown>,
): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}
