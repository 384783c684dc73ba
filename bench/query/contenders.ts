/** The servers that are compared, on the same HTTP layer and with the same plugins switched off. */

import { randomUUID } from 'node:crypto';
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import { Registry } from 'prom-client';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import type { GatewayContext } from '../../gateway/gateway-context.ts';
import { GATEWAY_LIMITS, type GatewayOptions } from '../../gateway/gateway-options.ts';
import { createGatewayMetrics } from '../../gateway/gateway-metrics.ts';
import { silenceVendorTelemetry } from '../../gateway/outside-calls.ts';
import { startGateway } from '../../gateway/start-gateway.ts';
import { dataSourceOf } from '../../gateway/upstream/data-source.ts';
import { createUpstreams } from '../../gateway/upstream/upstreams.ts';
import { listenApollo, NO_PLUGINS } from './apollo-over-http.ts';
import { BENCH_TOKENS, HOST, REQUEST_TIMEOUT_MS } from './bench-options.ts';
import { monolithSchema, sampleSubgraphs, sampleSupergraph } from './sample-subgraphs.ts';

export const CONTENDERS = ['ours', 'same-sources', 'plain-gateway', 'monolith'] as const;
export type Contender = (typeof CONTENDERS)[number];

/** Those whose subgraphs are in another process, and how these are served there. */
export const SEPARATE = { 'ours-separate': 'thin', 'default-separate': 'apollo' } as const;
export type Separate = keyof typeof SEPARATE;

export type SubgraphUrls = Readonly<Record<string, string>>;

/** Answers with the port it listens on. */
export function startContender(name: Contender | Separate, urls: SubgraphUrls): Promise<number> {
  switch (name) {
    case 'ours-separate':
      return startOurs({ subgraphs: [], subgraphUrls: urls, internalTokens: BENCH_TOKENS });
    case 'default-separate':
      return startDefaultGateway(urls);
    case 'ours':
      return startOurs();
    case 'same-sources':
      return startGatewayWithOurSources();
    case 'plain-gateway':
      return startPlainGateway();
    case 'monolith':
      return startApollo({ schema: monolithSchema() });
  }
}

function oursOptions(): GatewayOptions {
  return {
    supergraphSdl: sampleSupergraph(),
    host: HOST,
    port: 0,
    subgraphs: sampleSubgraphs(),
    subgraphUrls: {},
    internalTokens: 'none',
    verifyToken: 'off',
    // One address asks for everything here: what it costs is counted, and never refused.
    limits: { ...GATEWAY_LIMITS, rates: 'off' },
    isProduction: true,
    corsOrigins: [],
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    apollo: { key: undefined, graphRef: undefined },
    readyChecks: {},
    clock: systemClock,
    logger: silentLogger,
    metrics: new Registry(),
    newId: randomUUID,
  };
}

async function startOurs(other: Partial<GatewayOptions> = {}): Promise<number> {
  const { port } = await startGateway({ ...oursOptions(), ...other });
  return port;
}

/** ApolloGateway's own executor over our sources: documents prepared once, graphql-jit. */
function startGatewayWithOurSources(): Promise<number> {
  silenceVendorTelemetry();
  const options = oursOptions();
  const upstreams = createUpstreams(options, createGatewayMetrics(options.metrics));
  const gateway = new ApolloGateway({
    supergraphSdl: sampleSupergraph(),
    buildService: ({ name, url }) => dataSourceOf(upstreams.of(name, url)),
    logger: silentLogger,
  });
  return startApollo({ gateway });
}

function startPlainGateway(): Promise<number> {
  silenceVendorTelemetry();
  const schemas = new Map<string, GraphQLSchema>(
    sampleSubgraphs().map(({ name, schema }) => [name, schema]),
  );
  const gateway = new ApolloGateway({
    supergraphSdl: sampleSupergraph(),
    buildService: ({ name }) => {
      const schema = schemas.get(name);
      if (!schema) throw new Error(`no subgraph ${name}`);
      return new LocalGraphQLDataSource(schema);
    },
    logger: silentLogger,
  });
  return startApollo({ gateway });
}

/** As it comes: a request per fetch, by the fetch of its own. */
function startDefaultGateway(urls: SubgraphUrls): Promise<number> {
  silenceVendorTelemetry();
  const gateway = new ApolloGateway({
    supergraphSdl: sampleSupergraph(),
    buildService: ({ name }) => new RemoteGraphQLDataSource({ url: urls[name] ?? '' }),
    logger: silentLogger,
  });
  return startApollo({ gateway });
}

function startApollo(
  answering: { readonly schema: GraphQLSchema } | { readonly gateway: ApolloGateway },
): Promise<number> {
  return listenApollo(new ApolloServer<GatewayContext>({ ...answering, ...NO_PLUGINS }));
}
