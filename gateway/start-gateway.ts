/** Builds a gateway from its options, and takes it down again. */

import { createAccessFilter, type AccessFilter } from './access/access-filter.ts';
import { readSupergraph } from './access/access-rules.ts';
import { createApolloServer } from './apollo-server.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { type Gateway, type GatewayOptions, NO_LIMITS } from './gateway-options.ts';
import { answerGraphql } from './http/graphql-over-http.ts';
import { readinessOf } from './http/health.ts';
import { type Handler, listen } from './http/http-server.ts';
import { sendJson, sendText } from './http/send.ts';
import { createQueryGateway } from './query-gateway.ts';
import { createUpstreams } from './upstream/upstreams.ts';

const GRAPHQL_PATH = '/graphql';
const OK = 200;
const NOT_READY = 503;

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = options.limits === 'off' ? NO_LIMITS : options.limits;
  const metrics = createGatewayMetrics(options.metrics);
  const supergraph = readSupergraph(options.supergraphSdl);
  const upstreams = createUpstreams(options, metrics);
  const { gateway } = createQueryGateway({
    supergraphSdl: supergraph.sdl,
    upstreamOf: upstreams.of,
    accessFilterOf: (schema): AccessFilter =>
      options.verifyToken === 'off'
        ? () => ({ kind: 'open' })
        : createAccessFilter({
            rules: supergraph.rules,
            schema,
            allowsAnonymousIntrospection: !options.isProduction,
          }),
    logger: options.logger,
  });
  const server = createApolloServer({ gateway, limits, options, metrics });
  await server.start();
  let isStopping = false;
  const routes: Record<string, Handler> = {
    [GRAPHQL_PATH]: (request, response) =>
      answerGraphql(request, response, { ...options, server, maxBodyBytes: limits.maxBodyBytes }),
    '/health/live': (_request, response) => sendJson(response, OK, { status: 'live' }),
    '/health/ready': async (_request, response) => {
      const { isReady, checks } = await readinessOf(options.readyChecks);
      const isServing = isReady && !isStopping;
      const status = isServing ? 'ready' : 'not ready';
      sendJson(response, isServing ? OK : NOT_READY, { status, checks });
    },
    '/metrics': async (_request, response) => {
      response.setHeader('content-type', options.metrics.contentType);
      sendText(response, OK, await options.metrics.metrics());
    },
  };
  const http = await listen({ ...options, routes });
  return {
    url: `http://${options.host}:${http.port}${GRAPHQL_PATH}`,
    port: http.port,
    stop: async () => {
      isStopping = true;
      await http.drain();
      await server.stop();
      await upstreams.close();
    },
  };
}
