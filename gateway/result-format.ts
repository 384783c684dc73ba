/** Errors as callers of the gateway see them: a code on each, the subgraph's name with its own. */

import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
} from 'graphql';
import { type ErrorScope, formatError } from '#platform/graphql/error-format';

/** Masks what is not meant for callers; keeps data and extensions. */
export function presentResult(result: ExecutionResult, scope: ErrorScope): ExecutionResult {
  if (result.errors === undefined || result.errors.length === 0) return result;
  return { ...result, errors: result.errors.map((error) => presentError(error, scope)) };
}

export function presentError(error: Error, scope: ErrorScope): GraphQLError {
  const { message, path, extensions } = formatError(error, scope);
  const { serviceName, ...others } = extensions ?? {};
  const service = serviceName === undefined ? {} : { service: serviceName };
  return new GraphQLError(message, {
    nodes: error instanceof GraphQLError ? (error.nodes ?? null) : null,
    path: path === undefined ? null : withoutListMarks(path),
    extensions: { ...service, ...others },
  });
}

/** ApolloGateway writes `@` for every item of a list when a whole fetch failed. */
function withoutListMarks(path: readonly (string | number)[]): readonly (string | number)[] {
  return path.filter((step) => step !== '@');
}

/** An error that a subgraph formatted already. */
export function presentFormatted({
  message,
  path,
  extensions,
}: GraphQLFormattedError): GraphQLError {
  return new GraphQLError(message, {
    path: path ?? null,
    extensions: { code: 'INTERNAL_SERVER_ERROR', ...extensions },
  });
}

interface ShownResult {
  readonly data?: FormattedExecutionResult['data'] | undefined;
  readonly errors?: readonly (GraphQLError | GraphQLFormattedError)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Streams carry error objects, answers of Apollo Server their JSON form already; never `[]`. */
export function formattedResult({
  data,
  errors,
  extensions,
}: ShownResult): FormattedExecutionResult {
  return {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined || errors.length === 0
      ? {}
      : { errors: errors.map((each) => (each instanceof GraphQLError ? each.toJSON() : each)) }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}
