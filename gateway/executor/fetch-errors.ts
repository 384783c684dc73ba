/** What went wrong in a subgraph, told at the places of the caller's operation. */

import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Cursor, Run } from './run.ts';
import { placesAt, type ResponsePath } from './response-path.ts';

/** Without entities a path only continues the one the fetch stands at. */
export function addFetchErrors(
  errors: readonly GraphQLFormattedError[],
  service: string,
  { run, cursor }: { readonly run: Run; readonly cursor: Cursor },
): void {
  run.onFetchErrors?.(service, errors);
  for (const error of errors) {
    const path = error.path && [...cursor.path, ...error.path];
    run.errors.push(downstreamError(error, service, path));
  }
}

/**
 * An error about an entity belongs to every place that asked for that entity: `slots` are those of
 * the representations in the order of the places. Others go to the path of the fetch.
 */
export function addEntityErrors(
  errors: readonly GraphQLFormattedError[],
  service: string,
  { run, cursor, slots }: { run: Run; cursor: Cursor; slots: readonly number[] },
): void {
  run.onFetchErrors?.(service, errors);
  let places: readonly ResponsePath[] | undefined;
  for (const error of errors) {
    const slot = error.path?.[1];
    if (typeof slot !== 'number') {
      const path = error.path && [...cursor.path, ...error.path];
      run.errors.push(downstreamError(error, service, path));
      continue;
    }
    places ??= placesAt(run.data, cursor.path);
    for (const [index, each] of slots.entries()) {
      if (each !== slot) continue;
      const path = [...(places[index] ?? []), ...(error.path ?? []).slice(2)];
      run.errors.push(downstreamError(error, service, path));
    }
  }
}

/** Of an event: it stands in for the answer to the first fetch. */
export function eventErrors(
  errors: readonly GraphQLFormattedError[],
  service: string,
): GraphQLError[] {
  return errors.map((error) => downstreamError(error, service, error.path));
}

function downstreamError(
  { message, extensions }: GraphQLFormattedError,
  serviceName: string,
  path: ResponsePath | undefined,
): GraphQLError {
  const text = message || `Error while fetching subquery from service "${serviceName}"`;
  const code = extensions?.['code'] ?? 'DOWNSTREAM_SERVICE_ERROR';
  return new GraphQLError(text, {
    path: path ?? null,
    extensions: { ...extensions, serviceName, code },
  });
}
