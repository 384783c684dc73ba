/** All subgraphs of the gateway, each reached the way it is configured. */

import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { GatewayOptions } from '../gateway-options.ts';
import { guardedUpstream } from './guarded-upstream.ts';
import { httpUpstream } from './http-upstream.ts';
import { inProcessUpstream } from './in-process-upstream.ts';
import type { Upstream } from './upstream.ts';

export interface Upstreams {
  /** The same one for the same name; `url` is what the supergraph says. */
  readonly of: (name: string, url: string | undefined) => Upstream;
  readonly close: () => Promise<void>;
}

export function createUpstreams(options: GatewayOptions, metrics: GatewayMetrics): Upstreams {
  const { clock, logger, outages = new Set<string>() } = options;
  const byName = new Map<string, Upstream>();
  return {
    of: (name, url) => {
      const known = byName.get(name);
      if (known) return known;
      const upstream = open(name, url, options);
      const guarded = guardedUpstream(upstream, { clock, logger, metrics, outages });
      byName.set(name, guarded);
      return guarded;
    },
    close: async () => {
      await Promise.all([...byName.values()].map((upstream) => upstream.close()));
    },
  };
}

function open(name: string, url: string | undefined, options: GatewayOptions): Upstream {
  const { subgraphs, subgraphUrls, logger, clock, requestTimeoutMs, internalTokens } = options;
  const subgraph = subgraphs.find((each) => each.name === name);
  if (subgraph) {
    return inProcessUpstream(subgraph, { logger, clock, eventTimeoutMs: requestTimeoutMs });
  }
  return httpUpstream({ name, url: subgraphUrls[name] ?? url ?? '', internalTokens });
}
