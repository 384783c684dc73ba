/** Builds a gateway from its options, and takes it down again. */

import { sendJson, sendText } from '#platform/http/answer';
import { type Handler, type HttpServerParts, listen, pathOf } from '#platform/http/http-server';
import { readinessOf } from '#platform/health';
import { createRateLimiter } from '#platform/rate-limit/rate-limiter';
import { type AccessFilter, createAccessFilter } from './access/access-filter.ts';
import { type AccessRules, readSupergraph } from './access/access-rules.ts';
import { createApolloServer } from './apollo-server.ts';
import { readFanOutRules } from './fan-out/fan-out-rules.ts';
import { buildFederatedSchema, type FederatedSchema } from './federated-schema.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import {
  type Gateway,
  type GatewayLimits,
  type GatewayOptions,
  NO_LIMITS,
} from './gateway-options.ts';
import {
  ALLOWED_METHODS,
  answerGraphql,
  type GraphqlOverHttpParts,
} from './http/graphql-over-http.ts';
import { setCorsHeaders } from './http/cors.ts';
import { createExplorer, readExamples } from './http/explorer.ts';
import { type Admission, type AdmissionParts, createAdmission } from './limits/admission.ts';
import { readCostTable } from './limits/cost-table.ts';
import { createOpenSockets } from './limits/open-sockets.ts';
import { NO_SAFELIST } from './limits/safelist.ts';
import { createDocumentPreparer } from './prepared-document.ts';
import { createQueryGateway } from './query-gateway.ts';
import { createGatewaySockets } from './subscriptions/gateway-sockets.ts';
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
  const safelist = options.safelist ?? NO_SAFELIST;
  const { refusals } = metrics;
  const admission = admissionFor(options, { limits, federated, safelist, refusals });
  const server = createApolloServer({ gateway, limits, admission, options, metrics });
  await server.start();
  const subscriber = createSubscriber({
    ...options,
    federated,
    accessFilter,
    fanOutRules: readFanOutRules(options.supergraphSdl),
    dataSources,
    metrics,
    upstreamOf: (name) => upstreams.of(name, undefined),
    eventTimeoutMs: options.requestTimeoutMs,
  });
  const sockets = createGatewaySockets(GRAPHQL_PATH, {
    ...options,
    schema: federated.schema,
    server,
    admission,
    safelist,
    openSockets: createOpenSockets({ limits, refusals }),
    prepare: createDocumentPreparer(federated.schema, limits),
    subscriber,
    limits,
    metrics,
  });
  const state = { isStopping: false };
  const http = await listen({
    ...options,
    routes: routesOf(options, { server, admission, safelist, limits }, state),
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

function admissionFor(
  options: GatewayOptions,
  parts: Pick<AdmissionParts, 'safelist' | 'refusals'> & {
    readonly limits: GatewayLimits;
    readonly federated: FederatedSchema;
  },
): Admission {
  const { limits, federated } = parts;
  return createAdmission({
    ...parts,
    model: { ...federated, ...limits, table: readCostTable(federated.supergraphSchema) },
    rateLimiter: options.rateLimiter ?? createRateLimiter(options),
  });
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
  parts: Pick<GraphqlOverHttpParts, 'server' | 'admission' | 'safelist' | 'limits'>,
  state: { readonly isStopping: boolean },
): Record<string, Handler> {
  return {
    [GRAPHQL_PATH]: (request, response) =>
      answerGraphql(request, response, { ...options, ...parts }),
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
