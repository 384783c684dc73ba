/**
 * Puts null, or what null does to its parents, where denied fields were asked for. graphql-js runs
 * the caller's own document over the data that was fetched for the filtered one: it knows all about
 * aliases, fragments, merging and the propagation of null.
 */

import {
  type DocumentNode,
  execute,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { PlatformError } from '#platform/errors';
import type { Denials } from './denials.ts';
import { TYPE_MARKER } from './operation-filter.ts';

export interface Restoration {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly denials: Denials;
}

/** At most so many fields are named; a caller who is denied more sees which role is missing. */
const MAX_DENIAL_ERRORS = 50;

export async function restoreNulls(
  result: ExecutionResult,
  { schema, document, operationName, variables, denials }: Restoration,
): Promise<ExecutionResult> {
  if (result.data === null || result.data === undefined) {
    return { ...result, errors: result.errors ?? [] };
  }
  const restored = await execute({
    schema,
    document,
    rootValue: result.data,
    variableValues: variables,
    ...(operationName === undefined ? {} : { operationName }),
    fieldResolver: (source: unknown, _args, _context, info) => {
      const reason = denials.reason(info.parentType.name, info.fieldName);
      if (reason) throw reason;
      return ownValue(source, String(info.path.key)) ?? null;
    },
    typeResolver: (value: unknown) => {
      const name = ownValue(value, TYPE_MARKER);
      return typeof name === 'string' ? name : undefined;
    },
  });
  const errors = [...(result.errors ?? []), ...denialErrors(restored.errors ?? [])];
  return {
    data: restored.data ?? null,
    errors,
    ...(result.extensions === undefined ? {} : { extensions: result.extensions }),
  };
}

/** One error for each denied field, at the first place it was met, however long the list. */
function denialErrors(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  const byField = new Map<string, GraphQLError>();
  for (const error of errors) {
    if (!(error.originalError instanceof PlatformError)) continue;
    const field = (error.path ?? []).filter((step) => typeof step === 'string').join('.');
    if (!byField.has(field)) byField.set(field, error);
  }
  return [...byField.values()].slice(0, MAX_DENIAL_ERRORS);
}

function ownValue(source: unknown, key: string): unknown {
  if (typeof source !== 'object' || source === null) return undefined;
  return Object.getOwnPropertyDescriptor(source, key)?.value as unknown;
}
