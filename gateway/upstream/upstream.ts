/** A subgraph as the gateway sees it, in this process or behind a URL. */

import type { GraphqlRequest, GraphqlResult, GraphqlStream } from '#platform/graphql/executor';
import type { RequestContext } from '#platform/request-context';

export interface UpstreamRequest extends GraphqlRequest {
  readonly context: RequestContext;
  /** A mutation sees what it changed: nothing loaded before it is taken from a loader's cache. */
  readonly isMutation: boolean;
}

export interface Upstream {
  readonly name: string;
  /** Rejects when no answer came; what the subgraph itself refuses is in the result. */
  readonly execute: (request: UpstreamRequest) => Promise<GraphqlResult>;
  readonly subscribe: (request: UpstreamRequest) => Promise<GraphqlStream>;
  readonly close: () => Promise<void>;
}
