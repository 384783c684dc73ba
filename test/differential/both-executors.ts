/** The same operation through ApolloGateway and through the compiled executor. */

import { ApolloGateway } from '@apollo/gateway';
import type {
  GatewayExecutor,
  GatewayGraphQLRequestContext,
} from '@apollo/server-gateway-interface';
import {
  execute as executeDocument,
  type ExecutionResult,
  getOperationAST,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { formatErrors } from '#platform/graphql/error-format';
import { silentLogger } from '#platform/logger';
import { readSupergraph } from '../../gateway/access/access-rules.ts';
import {
  type CompiledExecutor,
  createCompiledExecutor,
} from '../../gateway/executor/compiled-executor.ts';
import { buildFederatedSchema } from '../../gateway/federated-schema.ts';
import type { GatewayContext } from '../../gateway/gateway-context.ts';
import { silenceVendorTelemetry } from '../../gateway/outside-calls.ts';
import { presentError, presentResult } from '../../gateway/result-format.ts';
import { dataSourceOf } from '../../gateway/upstream/data-source.ts';
import type { Upstream, UpstreamRequest } from '../../gateway/upstream/upstream.ts';
import type { Mangle } from './mangled-answers.ts';
import type { RandomOperation } from './random-operation.ts';

export interface BothExecutors {
  readonly schema: GraphQLSchema;
  readonly compare: (operation: RandomOperation, times?: number) => Promise<Comparison>;
  readonly stop: () => Promise<void>;
}

export interface Comparison {
  /** Empty when both answered the same. */
  readonly differences: readonly string[];
  readonly hasErrors: boolean;
  /** Was run by ApolloGateway after all. */
  readonly isUnsupported: boolean;
}

export interface Compared {
  readonly supergraphSdl: string;
  readonly schemas: ReadonlyMap<string, GraphQLSchema>;
  readonly mangle?: Mangle;
}

export async function bothExecutors({
  supergraphSdl,
  schemas,
  mangle = ({ answer }) => answer,
}: Compared): Promise<BothExecutors> {
  silenceVendorTelemetry();
  const { sdl } = readSupergraph(supergraphSdl);
  const upstreams = new Map(
    [...schemas].map(([name, schema]) => [name, upstreamOf(name, schema, mangle)]),
  );
  const federated = buildFederatedSchema(sdl);
  const compiled = createCompiledExecutor({ federated, upstreamOf: (name) => upstreams.get(name) });
  const gateway = new ApolloGateway({
    supergraphSdl: sdl,
    buildService: ({ name }) => {
      const upstream = upstreams.get(name);
      if (!upstream) throw new Error(`no subgraph ${name}`);
      return dataSourceOf(upstream);
    },
    logger: silentLogger,
  });
  const { executor } = await gateway.load({ apollo: {} });
  return {
    schema: federated.schema,
    stop: () => gateway.stop(),
    compare: async (operation, times = 3) => {
      const expected = await outcomeOf(() => executor(requestOf(operation)));
      const differences: string[] = [];
      // The first use takes the careful way, later ones the generated functions.
      for (let use = 0; use < times; use += 1) {
        const found = await outcomeOf(() => runCompiled(compiled, executor, operation));
        differences.push(...differencesOf(expected, found));
      }
      const hasErrors = expected.errors.length > 0;
      return { differences, hasErrors, isUnsupported: isUnsupported(compiled, operation) };
    },
  };
}

function upstreamOf(name: string, schema: GraphQLSchema, mangle: Mangle): Upstream {
  // Not our own executor of subgraphs: graphql-jit, which it turns to at the second use, reports
  // every null of a list of non-nulls, graphql-js the first.
  const execute = async ({ query, variables, context }: UpstreamRequest) => {
    const document = parse(query, { noLocation: true });
    const problems = validate(schema, document);
    if (problems.length > 0) throw new Error(String(problems[0]));
    const { data, errors } = await executeDocument({
      schema,
      document,
      variableValues: { ...variables },
      contextValue: { request: context },
    });
    const scope = { logger: silentLogger, correlationId: 'c' };
    return { data: data ?? null, ...(errors ? { errors: formatErrors(errors, scope) } : {}) };
  };
  return {
    name,
    execute: async (request) => mangle({ request, answer: await execute(request) }),
    subscribe: () => Promise.reject(new Error('nobody subscribes')),
    close: async () => undefined,
  };
}

function contextOf(): GatewayContext {
  const { signal } = new AbortController();
  const request = { identity: null, correlationId: 'c', deadlineAtMs: Infinity, signal };
  return { transport: 'http', request };
}

/** Another key for every name of the operation, as Apollo Server's hash of the text. */
function requestOf({ text, operationName, variables }: RandomOperation) {
  const document = parse(text);
  const operation = getOperationAST(document, operationName);
  const read = {
    request: { query: text, variables, operationName },
    document,
    operation,
    operationName: operation?.name?.value ?? null,
    queryHash: text,
    source: text,
    context: contextOf(),
    logger: silentLogger,
    metrics: {},
  };
  return read as unknown as GatewayGraphQLRequestContext;
}

async function runCompiled(
  compiled: CompiledExecutor,
  executor: GatewayExecutor,
  operation: RandomOperation,
): Promise<ExecutionResult> {
  const prepared = preparedOf(compiled, operation);
  if ('unsupported' in prepared) return executor(requestOf(operation));
  return prepared.run({ variables: operation.variables, context: contextOf().request });
}

function isUnsupported(compiled: CompiledExecutor, operation: RandomOperation): boolean {
  try {
    return 'unsupported' in preparedOf(compiled, operation);
  } catch {
    return false;
  }
}

function preparedOf(compiled: CompiledExecutor, { text, operationName }: RandomOperation) {
  return compiled({ document: parse(text), queryHash: text, operationName });
}

interface Outcome {
  readonly data: string | undefined;
  /** Code and path of each, sorted. */
  readonly errors: readonly string[];
  readonly extensions: string | undefined;
}

async function outcomeOf(run: () => Promise<ExecutionResult>): Promise<Outcome> {
  const scope = { logger: silentLogger, correlationId: 'c' };
  const result = await run().catch((error: unknown) => ({
    errors: [presentError(error as Error, scope)],
  }));
  const { data, errors, extensions } = presentResult(result, scope);
  return {
    data: JSON.stringify(data),
    errors: (errors ?? [])
      .map(({ path, extensions: { code } }) => JSON.stringify([code, path ?? null]))
      .sort(),
    extensions: JSON.stringify(extensions),
  };
}

function differencesOf(expected: Outcome, found: Outcome): readonly string[] {
  return (['data', 'errors', 'extensions'] as const).flatMap((part) => {
    const [want, have] = [JSON.stringify(expected[part]), JSON.stringify(found[part])];
    return want === have ? [] : [`${part}\n  ApolloGateway: ${want}\n  compiled:      ${have}`];
  });
}
