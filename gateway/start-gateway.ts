/** Builds a gateway from its options, and takes it down again. */

import { sendJson, sendText } from '#platform/http/answer';
import { type Handler, type HttpServerParts, listen, pathOf } from '#platform/http/http-server';
import { readinessOf } from '#platform/health';
import { createRateLimiter } from '#platform/rate-limit/rate-limiter';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { type Gateway, type GatewayOptions, NO_LIMITS } from './gateway-options.ts';
import { ALLOWED_METHODS, answerGraphql } from './http/graphql-over-http.ts';
import { setCorsHeaders } from './http/cors.ts';
import { createExplorer, readExamples } from './http/explorer.ts';
import { createOpenSockets } from './limits/open-sockets.ts';
import { NO_SAFELIST } from './limits/safelist.ts';
import { buildServing, type ServingParts } from './serving.ts';
import { createGatewaySockets } from './subscriptions/gateway-sockets.ts';
import { createUpstreams } from './upstream/upstreams.ts';

const GRAPHQL_PATH = '/graphql';
const OK = 200;
const FOUND = 302;
const NOT_READY = 503;

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = options.limits === 'off' ? NO_LIMITS : options.limits;
  const metrics = createGatewayMetrics(options.metrics);
  const safelist = options.safelist ?? NO_SAFELIST;
  const rateLimiter = options.rateLimiter ?? createRateLimiter(options);
  const upstreams = createUpstreams(options, metrics);
  const parts = { options, limits, metrics, upstreams, safelist, rateLimiter };
  const serving = await createReplaceable(parts);
  const sockets = createGatewaySockets(GRAPHQL_PATH, {
    ...options,
    safelist,
    openSockets: createOpenSockets({ limits, refusals: metrics.refusals }),
    limits,
    metrics,
    // Read for each message, so that an open socket goes over to a new supergraph.
    get schema() {
      return serving.now().schema;
    },
    get server() {
      return serving.now().server;
    },
    get admission() {
      return serving.now().admission;
    },
    prepare: (text) => serving.now().prepare(text),
    subscriber: (request) => serving.now().subscriber(request),
  });
  const state = { isStopping: false };
  const graphql: Handler = (request, response) =>
    answerGraphql(request, response, { ...options, ...serving.now(), safelist, limits });
  const http = await listen({
    ...options,
    timeouts: limits,
    routes: routesOf(options, graphql, state),
    decorate: decoratorFor(options),
  });
  sockets.attach(http.server);
  return {
    url: `http://${options.host}:${http.port}${GRAPHQL_PATH}`,
    port: http.port,
    replaceSupergraph: serving.replace,
    stop: async () => {
      state.isStopping = true;
      await http.drain({ delayMs: options.stopDelayMs ?? 0, beforeClosing: () => sockets.close() });
      await serving.stop();
      await upstreams.close();
    },
  };
}

/** What is in hand when a supergraph is replaced is finished by the one it began with. */
async function createReplaceable(parts: ServingParts) {
  const { options } = parts;
  let current = await buildServing(options.supergraphSdl, parts);
  const retired = new Map<NodeJS.Timeout, () => Promise<void>>();
  return {
    now: () => current,
    replace: async (supergraphSdl: string): Promise<void> => {
      const next = await buildServing(supergraphSdl, parts);
      const { server } = current;
      current = next;
      const timer = setTimeout(() => {
        retired.delete(timer);
        server.stop().catch((error: unknown) => {
          options.logger.error({ err: error }, 'could not stop what served the old supergraph');
        });
      }, options.requestTimeoutMs);
      retired.set(timer, () => server.stop());
    },
    stop: async (): Promise<void> => {
      for (const timer of retired.keys()) clearTimeout(timer);
      await Promise.all([current.server.stop(), ...[...retired.values()].map((stop) => stop())]);
    },
  };
}

function decoratorFor({ corsOrigins }: GatewayOptions): NonNullable<HttpServerParts['decorate']> {
  return (request, response) => {
    setCorsHeaders(request, response, corsOrigins);
    const isQuestion = request.method === 'OPTIONS' && pathOf(request) === GRAPHQL_PATH;
    if (isQuestion) response.setHeader('allow', ALLOWED_METHODS);
  };
}

function routesOf(
  options: GatewayOptions,
  graphql: Handler,
  state: { readonly isStopping: boolean },
): Record<string, Handler> {
  return {
    [GRAPHQL_PATH]: graphql,
    '/': (_request, response) => {
      response.writeHead(FOUND, { location: '/explorer' }).end();
    },
    '/explorer': createExplorer({
      graphqlPath: GRAPHQL_PATH,
      examples: options.examples ?? readExamples(),
    }),
    '/health/live': (_request, response) => sendJson(response, OK, { status: 'live' }),
    '/health/ready': async (_request, response) => {
      const { isReady, checks } = await readinessOf(options.readyChecks);
      const isServing = isReady && !state.isStopping;
      const status = isServing ? 'ready' : 'not ready';
      sendJson(response, isServing ? OK : NOT_READY, { status, checks });
    },
    '/metrics': async (_request, response) => {
      response.setHeader('content-type', options.metrics.contentType);
      sendText(response, OK, await options.metrics.metrics());
    },
  };
}
