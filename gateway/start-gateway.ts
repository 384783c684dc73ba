/** Builds a gateway from its options, and takes it down again. */

import type { ApolloServer } from '@apollo/server';
import { sendJson, sendText } from '#platform/http/answer';
import { type Handler, type HttpServerParts, listen, pathOf } from '#platform/http/http-server';
import { createSocketServer } from '#platform/http/socket-server';
import { readinessOf } from '#platform/health';
import { type AccessFilter, createAccessFilter } from './access/access-filter.ts';
import { type AccessRules, readSupergraph } from './access/access-rules.ts';
import { createApolloServer } from './apollo-server.ts';
import { buildFederatedSchema, type FederatedSchema } from './federated-schema.ts';
import type { GatewayContext } from './gateway-context.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import {
  type Gateway,
  type GatewayLimits,
  type GatewayOptions,
  NO_LIMITS,
} from './gateway-options.ts';
import { ALLOWED_METHODS, answerGraphql } from './http/graphql-over-http.ts';
import { setCorsHeaders } from './http/cors.ts';
import { createExplorer, readExamples } from './http/explorer.ts';
import { createDocumentPreparer } from './prepared-document.ts';
import { createQueryGateway } from './query-gateway.ts';
import {
  type Connection,
  connectionOf,
  createProtocolOptions,
} from './subscriptions/socket-protocol.ts';
import { createSubscriber } from './subscriptions/subscriber.ts';
import { createUpstreams } from './upstream/upstreams.ts';

const GRAPHQL_PATH = '/graphql';
const OK = 200;
const FOUND = 302;
const NOT_READY = 503;

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = options.limits === 'off' ? NO_LIMITS : options.limits;
  const metrics = createGatewayMetrics(options.metrics);
  const { sdl: supergraphSdl, rules } = readSupergraph(options.supergraphSdl);
  const federated = buildFederatedSchema(supergraphSdl);
  const accessFilter = accessFilterFor(options, rules, federated);
  const upstreams = createUpstreams(options, metrics);
  const { gateway, dataSources } = createQueryGateway({
    supergraphSdl,
    federated,
    upstreamOf: upstreams.of,
    accessFilter,
    logger: options.logger,
    metrics,
  });
  const server = createApolloServer({ gateway, limits, options, metrics });
  await server.start();
  const subscriber = createSubscriber({
    ...options,
    federated,
    accessFilter,
    dataSources,
    metrics,
    upstreamOf: (name) => upstreams.of(name, undefined),
    eventTimeoutMs: options.requestTimeoutMs,
  });
  const sockets = createSocketServer<Connection>({
    path: GRAPHQL_PATH,
    protocol: createProtocolOptions({
      ...options,
      schema: federated.schema,
      server,
      prepare: createDocumentPreparer(federated.schema, limits),
      subscriber,
      limits,
      metrics,
    }),
    extraOf: connectionOf,
    maxMessageBytes: limits.maxMessageBytes,
    onOpen: () => metrics.openSockets.inc(),
    onClose: () => metrics.openSockets.dec(),
    logger: options.logger,
  });
  const state = { isStopping: false };
  const http = await listen({
    ...options,
    routes: routesOf(options, server, limits, state),
    decorate: decoratorFor(options),
  });
  sockets.attach(http.server);
  return {
    url: `http://${options.host}:${http.port}${GRAPHQL_PATH}`,
    port: http.port,
    stop: async () => {
      state.isStopping = true;
      await Promise.all([sockets.close(), http.drain()]);
      await server.stop();
      await upstreams.close();
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

function accessFilterFor(
  { verifyToken, isProduction }: GatewayOptions,
  rules: AccessRules,
  { schema }: FederatedSchema,
): AccessFilter {
  if (verifyToken === 'off') return () => ({ kind: 'open' });
  return createAccessFilter({ rules, schema, allowsAnonymousIntrospection: !isProduction });
}

function routesOf(
  options: GatewayOptions,
  server: ApolloServer<GatewayContext>,
  limits: GatewayLimits,
  state: { readonly isStopping: boolean },
): Record<string, Handler> {
  return {
    [GRAPHQL_PATH]: (request, response) =>
      answerGraphql(request, response, { ...options, server, limits }),
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
