/**
 * Documents of a subgraph, parsed and validated once per text, and compiled by graphql-jit once
 * they are asked for again. What graphql-jit refuses, or is known to do otherwise than graphql-js,
 * stays with graphql-js.
 */

import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  getNamedType,
  getOperationAST,
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLSchema,
  type GraphQLType,
  isInputObjectType,
  isNonNullType,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  specifiedRules,
  typeFromAST,
  validate,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { withCode } from './error-format.ts';

/** Distinct (text, operation name) pairs kept per subgraph; a gateway's plan is a few texts. */
export const MAX_PREPARED_OPERATIONS = 2_000;
/** Compiling costs some milliseconds: a text that never comes back is not worth it. */
const COMPILE_AT_USE = 2;

export interface Run {
  readonly rootValue: unknown;
  readonly context: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  run(run: Run): ExecutionResult | Promise<ExecutionResult>;
}

export type Preparation = PreparedOperation | { readonly errors: readonly GraphQLError[] };

export function createPreparer(schema: GraphQLSchema, maxOperations = MAX_PREPARED_OPERATIONS) {
  const prepared = new LRUCache<string, Preparation>({ max: maxOperations });
  return (text: string, operationName: string | undefined): Preparation => {
    const key = `${operationName ?? ''}\n${text}`;
    const known = prepared.get(key);
    if (known) return known;
    const fresh = prepare(schema, text, operationName);
    prepared.set(key, fresh);
    return fresh;
  };
}

function prepare(
  schema: GraphQLSchema,
  text: string,
  operationName: string | undefined,
): Preparation {
  let document: DocumentNode;
  try {
    document = parse(text, { noLocation: true });
  } catch (error) {
    return { errors: withCode([asGraphQLError(error)], 'GRAPHQL_PARSE_FAILED') };
  }
  const problems = validate(schema, document, specifiedRules);
  if (problems.length > 0) return { errors: withCode(problems, 'GRAPHQL_VALIDATION_FAILED') };
  const operation = getOperationAST(document, operationName);
  if (!operation) {
    const unknown = new GraphQLError(`expected one operation named "${operationName ?? ''}"`);
    return { errors: withCode([unknown], 'BAD_USER_INPUT') };
  }
  return { document, operation, run: runner(schema, document, operation) };
}

function runner(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): PreparedOperation['run'] {
  const operationName = operation.name?.value;
  const interpreted = ({ rootValue, context, variables }: Run) =>
    execute({
      schema,
      document,
      rootValue,
      contextValue: context,
      variableValues: variables,
      ...(operationName === undefined ? {} : { operationName }),
    });
  if (!isCompilable(document) || takesRequiredDefaults(schema, operation)) return interpreted;
  let uses = 0;
  let compiled: CompiledQuery['query'] | undefined;
  return (run) => {
    uses += 1;
    if (uses === COMPILE_AT_USE) compiled = compile(schema, document, operationName);
    return compiled ? compiled(run.rootValue, run.context, run.variables) : interpreted(run);
  };
}

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): CompiledQuery['query'] | undefined {
  try {
    const result = compileQuery(schema, document, operationName, {
      disablingCapturingStackErrors: true,
    });
    return isCompiledQuery(result) ? result.query : undefined;
  } catch {
    return undefined;
  }
}

/**
 * graphql-jit merges @skip and @include of one field over fragments in its own way, and writes
 * response names into code as properties; such documents are rare and stay with graphql-js.
 */
function isCompilable(document: DocumentNode): boolean {
  let compilable = true;
  JSON.stringify(document, (key, value: unknown) => {
    if (key === 'directives' && Array.isArray(value) && value.length > 0) compilable = false;
    if (key === 'value' && value === '__proto__') compilable = false;
    return value;
  });
  return compilable;
}

/**
 * graphql-jit asks for an input field such as `interval: BarInterval! = DAY_1` although its default
 * stands in when it is left out.
 */
function takesRequiredDefaults(schema: GraphQLSchema, operation: OperationDefinitionNode): boolean {
  const waiting: GraphQLType[] = (operation.variableDefinitions ?? []).flatMap(
    ({ type }) => typeFromAST(schema, type as NamedTypeNode) ?? [],
  );
  const seen = new Set<GraphQLInputObjectType>();
  for (const each of waiting) {
    const type = getNamedType(each);
    if (!isInputObjectType(type) || seen.has(type)) continue;
    seen.add(type);
    for (const field of Object.values(type.getFields())) {
      if (isNonNullType(field.type) && field.defaultValue !== undefined) return true;
      waiting.push(field.type);
    }
  }
  return false;
}

function asGraphQLError(error: unknown): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(String(error));
}

export function isSubscription(operation: OperationDefinitionNode): boolean {
  return operation.operation === OperationTypeNode.SUBSCRIPTION;
}
