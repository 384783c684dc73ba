/** A subgraph of this process: no network, no serialisation, documents prepared once. */

import type { Clock } from '#platform/clock';
import { createExecutor } from '#platform/graphql/executor';
import type { Logger } from '#platform/logger';
import type { RequestContext } from '#platform/request-context';
import type { Subgraph, SubgraphContext } from '#platform/subgraph';
import type { Upstream } from './upstream.ts';

interface Parts {
  readonly logger: Logger;
  readonly clock: Clock;
  /** What resolving one event of a subscription may take. */
  readonly eventTimeoutMs: number;
}

export function inProcessUpstream(
  subgraph: Subgraph,
  { logger, clock, eventTimeoutMs }: Parts,
): Upstream {
  const executor = createExecutor(subgraph.schema, { logger });
  // The fetches of one request share its loaders, as they would in one server.
  const contexts = new WeakMap<RequestContext, SubgraphContext>();

  function contextOf(request: RequestContext): SubgraphContext {
    const known = contexts.get(request);
    if (known) return known;
    const fresh = subgraph.createContext(request);
    contexts.set(request, fresh);
    return fresh;
  }

  return {
    name: subgraph.name,
    execute: async ({ context, isMutation, ...request }) =>
      executor.execute(request, isMutation ? subgraph.createContext(context) : contextOf(context)),
    subscribe: async ({ context, ...request }) =>
      executor.subscribe(request, subgraph.createContext(context), () =>
        subgraph.createContext({ ...context, deadlineAtMs: clock.nowMs() + eventTimeoutMs }),
      ),
    close: async () => undefined,
  };
}
