/** The least HTTP that Apollo Server needs, for those we are compared with. */

import { type ApolloServer, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type Handler, listen } from '#platform/http/http-server';
import { parseJson, readBody } from '#platform/http/request-body';
import { silentLogger } from '#platform/logger';
import type { GatewayContext } from '../../gateway/gateway-context.ts';
import { HOST, REQUEST_TIMEOUT_MS } from './bench-options.ts';

const MAX_BODY_BYTES = 1_048_576;

export const NO_PLUGINS = {
  introspection: true,
  nodeEnv: 'production',
  stopOnTerminationSignals: false,
  plugins: [
    ApolloServerPluginLandingPageDisabled(),
    ApolloServerPluginInlineTraceDisabled(),
    ApolloServerPluginCacheControlDisabled(),
    ApolloServerPluginSchemaReportingDisabled(),
    ApolloServerPluginUsageReportingDisabled(),
  ],
};

/** Starts the server; answers with the port it listens on. */
export async function listenApollo(server: ApolloServer<GatewayContext>): Promise<number> {
  await server.start();
  const { port } = await listen({
    host: HOST,
    port: 0,
    logger: silentLogger,
    routes: { '/graphql': apolloOverHttp(server, REQUEST_TIMEOUT_MS) },
  });
  return port;
}

function apolloOverHttp(server: ApolloServer<GatewayContext>, timeoutMs: number): Handler {
  return async (request, response) => {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body.kind !== 'read') throw new Error(`the request was ${body.kind}`);
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers.set(name, String(value));
    }
    const { signal } = new AbortController();
    const answer = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body: parseJson(body.text) },
      context: async () => ({
        transport: 'http',
        request: {
          identity: null,
          correlationId: 'bench',
          deadlineAtMs: performance.timeOrigin + performance.now() + timeoutMs,
          signal,
        },
      }),
    });
    response.statusCode = answer.status ?? 200;
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    if (answer.body.kind !== 'complete') throw new Error('expected a complete answer');
    response.end(answer.body.string);
  };
}
