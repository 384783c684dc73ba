/** All subgraphs of the gateway, each reached the way it is configured. */

import type { GatewayMetrics } from '../gateway-metrics.ts';
import { type GatewayOptions, NO_LIMITS } from '../gateway-options.ts';
import { guardedUpstream } from './guarded-upstream.ts';
import { httpUpstream } from './http-upstream.ts';
import { inProcessUpstream } from './in-process-upstream.ts';
import { oncePerRequest } from './request-tokens.ts';
import type { Upstream } from './upstream.ts';

export interface Upstreams {
  /**
   * The same one for the same name and `url`, which is what the supergraph says; without it the
   * last of that name. A new supergraph may move a subgraph.
   */
  readonly of: (name: string, url: string | undefined) => Upstream;
  readonly close: () => Promise<void>;
}

export function createUpstreams(options: GatewayOptions, metrics: GatewayMetrics): Upstreams {
  const { clock, logger, internalTokens, outages = new Set<string>() } = options;
  const tokens = internalTokens === 'none' ? internalTokens : oncePerRequest(internalTokens, clock);
  const byPlace = new Map<string, Upstream>();
  const lastByName = new Map<string, Upstream>();
  return {
    of: (name, url) => {
      const place = `${name} ${url ?? ''}`;
      const known = url === undefined ? lastByName.get(name) : byPlace.get(place);
      const upstream =
        known ??
        guardedUpstream(open(name, url, { ...options, internalTokens: tokens }), {
          clock,
          logger,
          metrics,
          outages,
        });
      byPlace.set(place, upstream);
      lastByName.set(name, upstream);
      return upstream;
    },
    close: async () => {
      const all = new Set([...byPlace.values(), ...lastByName.values()]);
      await Promise.all([...all].map((upstream) => upstream.close()));
    },
  };
}

function open(name: string, url: string | undefined, options: GatewayOptions): Upstream {
  const { subgraphs, subgraphUrls, logger, clock, requestTimeoutMs, internalTokens } = options;
  const subgraph = subgraphs.find((each) => each.name === name);
  if (subgraph) {
    return inProcessUpstream(subgraph, { logger, clock, eventTimeoutMs: requestTimeoutMs });
  }
  const { maxUpstreamBytes } = options.limits === 'off' ? NO_LIMITS : options.limits;
  const address = subgraphUrls[name] ?? url ?? '';
  return httpUpstream({ name, url: address, internalTokens, maxUpstreamBytes });
}
