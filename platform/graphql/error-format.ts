/**
 * The one formatter of errors that leave a GraphQL server of ours: failures keep their code, what
 * is no failure is a bug, logged with its cause and masked behind the correlation id.
 */

import { GraphQLError, type GraphQLErrorExtensions, type GraphQLFormattedError } from 'graphql';
import { PlatformError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { isOutage } from '../outage.ts';

export interface ErrorScope {
  readonly logger: Logger;
  readonly correlationId: string;
  /** Aborted: an abort that surfaces as an error means the time was up, not that code is wrong. */
  readonly signal?: AbortSignal;
}

const MAX_CAUSES = 10;

export function formatErrors(
  errors: readonly Error[],
  scope: ErrorScope,
): readonly GraphQLFormattedError[] {
  return errors.map((error) => formatError(error, scope));
}

export function formatError(error: Error, scope: ErrorScope): GraphQLFormattedError {
  const failure = platformErrorIn(error);
  if (failure) {
    return shaped(error, failure.message, { ...failure.details, code: failure.code });
  }
  if (error instanceof GraphQLError && typeof error.extensions?.['code'] === 'string') {
    return shaped(error, error.message, error.extensions);
  }
  if (scope.signal?.aborted === true && isAbort(error)) {
    return shaped(error, 'the time for this request was up', { code: 'TIMEOUT' });
  }
  const { correlationId } = scope;
  if (isOutage(rootOf(error))) {
    scope.logger.warn({ err: rootOf(error), correlationId }, 'a dependency is away');
    return shaped(error, 'the database does not answer at the moment, try again', {
      code: 'UPSTREAM_UNAVAILABLE',
      correlationId,
    });
  }
  const facts = { err: rootOf(error), correlationId, path: pathOf(error) };
  scope.logger.error(facts, 'bug in a resolver');
  return shaped(error, 'Internal server error', { code: 'INTERNAL_SERVER_ERROR', correlationId });
}

/** Gives errors that graphql-js makes before execution the code of their stage. */
export function withCode(
  errors: readonly GraphQLError[],
  code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'BAD_USER_INPUT',
): readonly GraphQLError[] {
  return errors.map((error) => {
    const own = error.originalError instanceof GraphQLError ? error.originalError.extensions : {};
    return new GraphQLError(error.message, {
      nodes: error.nodes ?? null,
      path: error.path ?? null,
      originalError: error.originalError ?? null,
      extensions: { code, ...own, ...error.extensions },
    });
  });
}

function shaped(
  error: Error,
  message: string,
  extensions: GraphQLErrorExtensions,
): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return { message, extensions };
  const { locations, path } = error;
  return {
    message,
    ...(locations === undefined || locations.length === 0 ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions,
  };
}

function platformErrorIn(error: Error): PlatformError | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (current instanceof PlatformError) return current;
    current = current instanceof GraphQLError ? current.originalError : undefined;
  }
  return undefined;
}

function rootOf(error: Error): Error {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES; depth += 1) {
    const inner = current instanceof GraphQLError ? current.originalError : undefined;
    if (!inner) return current;
    current = inner;
  }
  return current;
}

function isAbort(error: Error): boolean {
  const { name } = rootOf(error);
  return name === 'AbortError' || name === 'TimeoutError';
}

function pathOf(error: Error): string | undefined {
  return error instanceof GraphQLError ? error.path?.join('.') : undefined;
}
