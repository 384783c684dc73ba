/**
 * What a gateway makes of one supergraph: schema, plans, access rules, costs, subscriptions.
 * Replaced as a whole when the supergraph changes; connections, limits and figures are the
 * gateway's own and stay.
 */

import type { ApolloServer } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { RateLimiter } from '#platform/rate-limit/rate-limiter';
import { type AccessFilter, createAccessFilter } from './access/access-filter.ts';
import { type AccessRules, readSupergraph } from './access/access-rules.ts';
import { createApolloServer } from './apollo-server.ts';
import { readFanOutRules } from './fan-out/fan-out-rules.ts';
import { buildFederatedSchema, type FederatedSchema } from './federated-schema.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GatewayLimits, GatewayOptions } from './gateway-options.ts';
import { type Admission, createAdmission } from './limits/admission.ts';
import { readCostTable } from './limits/cost-table.ts';
import type { Safelist } from './limits/safelist.ts';
import { createDocumentPreparer, type PrepareDocument } from './prepared-document.ts';
import { createQueryGateway } from './query-gateway.ts';
import { createSubscriber, type Subscriber } from './subscriptions/subscriber.ts';
import type { Upstreams } from './upstream/upstreams.ts';

export interface Serving {
  /** What callers see. */
  readonly schema: GraphQLSchema;
  readonly server: ApolloServer<GatewayContext>;
  readonly admission: Admission;
  readonly prepare: PrepareDocument;
  readonly subscriber: Subscriber;
}

export interface ServingParts {
  readonly options: GatewayOptions;
  readonly limits: GatewayLimits;
  readonly metrics: GatewayMetrics;
  readonly upstreams: Upstreams;
  readonly safelist: Safelist;
  readonly rateLimiter: RateLimiter;
}

/** Throws when the text is no supergraph that can be served. */
export async function buildServing(supergraphSdl: string, parts: ServingParts): Promise<Serving> {
  const { options, limits, metrics, upstreams, safelist, rateLimiter } = parts;
  const { sdl, rules } = readSupergraph(supergraphSdl);
  const federated = buildFederatedSchema(sdl);
  const accessFilter = accessFilterFor(options, rules, federated);
  const { gateway, dataSources } = createQueryGateway({
    supergraphSdl: sdl,
    federated,
    upstreamOf: upstreams.of,
    accessFilter,
    logger: options.logger,
    metrics,
  });
  const admission = createAdmission({
    limits,
    safelist,
    rateLimiter,
    refusals: metrics.refusals,
    model: { ...federated, ...limits, table: readCostTable(federated.supergraphSchema) },
  });
  const server = createApolloServer({ gateway, limits, admission, options, metrics });
  await server.start();
  const subscriber = createSubscriber({
    ...options,
    federated,
    accessFilter,
    fanOutRules: readFanOutRules(supergraphSdl),
    dataSources,
    metrics,
    upstreamOf: (name) => upstreams.of(name, undefined),
    eventTimeoutMs: options.requestTimeoutMs,
  });
  const prepare = createDocumentPreparer(federated.schema, limits);
  return { schema: federated.schema, server, admission, prepare, subscriber };
}

function accessFilterFor(
  { verifyToken, isProduction }: GatewayOptions,
  rules: AccessRules,
  { schema }: FederatedSchema,
): AccessFilter {
  if (verifyToken === 'off') return () => ({ kind: 'open' });
  return createAccessFilter({ rules, schema, allowsAnonymousIntrospection: !isProduction });
}
