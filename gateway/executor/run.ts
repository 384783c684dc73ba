/** One execution of a compiled plan, and what its steps need from outside. */

import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import type { RequestContext } from '#platform/request-context';
import type { Upstream } from '../upstream/upstream.ts';
import type { EntityGathering } from './entity-gathering.ts';
import type { Fields } from './own-value.ts';
import type { ResponsePath } from './response-path.ts';

export interface Run {
  /** As the caller gave them. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** What was fetched so far. */
  readonly data: Fields;
  readonly errors: GraphQLError[];
  readonly context: RequestContext;
  readonly isMutation: boolean;
  /** Fetches of entities that may share a call meet here. */
  readonly gathering: EntityGathering;
  /** For usage reports: which errors came from which subgraph. */
  readonly onFetchErrors?: (service: string, errors: readonly GraphQLFormattedError[]) => void;
}

/** Where in the data a step is at work. */
export interface Cursor {
  /** An object, or the objects of a flattened path; some may be null. */
  readonly data: unknown;
  readonly path: ResponsePath;
}

/** Undefined: done already. */
export type Step = (run: Run, cursor: Cursor) => Promise<void> | undefined;

export type UpstreamOf = (name: string) => Upstream | undefined;
