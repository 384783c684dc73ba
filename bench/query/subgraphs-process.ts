/**
 * The five subgraphs behind URLs, in a process of their own: as our thin endpoints, or each as an
 * Apollo Server. Tells its parent the URLs by name, then answers with the CPU it used so far.
 */

import { ApolloServer } from '@apollo/server';
import { Registry } from 'prom-client';
import { systemClock } from '#platform/clock';
import { serveSubgraph } from '#platform/graphql/endpoint';
import { silentLogger } from '#platform/logger';
import type { Subgraph } from '#platform/subgraph';
import type { GatewayContext } from '../../gateway/gateway-context.ts';
import { answerParent } from '../child.ts';
import { listenApollo, NO_PLUGINS } from './apollo-over-http.ts';
import { BENCH_TOKENS, HOST, REQUEST_TIMEOUT_MS } from './bench-options.ts';
import { sampleSubgraphs } from './sample-subgraphs.ts';

const [kind] = process.argv.slice(2);
const urls: Record<string, string> = {};
for (const subgraph of sampleSubgraphs()) {
  urls[subgraph.name] = kind === 'apollo' ? await asApollo(subgraph) : await asEndpoint(subgraph);
}
answerParent(urls, async () => {
  const { user, system } = process.cpuUsage();
  return user + system;
});

async function asEndpoint(subgraph: Subgraph): Promise<string> {
  const { url } = await serveSubgraph(subgraph, {
    host: HOST,
    port: 0,
    internalTokens: BENCH_TOKENS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    readyChecks: {},
    metrics: new Registry(),
    clock: systemClock,
    logger: silentLogger,
  });
  return url;
}

async function asApollo({ schema }: Subgraph): Promise<string> {
  const server = new ApolloServer<GatewayContext>({ schema, ...NO_PLUGINS });
  return `http://${HOST}:${await listenApollo(server)}/graphql`;
}
