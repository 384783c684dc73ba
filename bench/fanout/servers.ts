/** The gateway, and what it is compared with, over the same stream of prices. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { Registry } from 'prom-client';
import { WebSocketServer } from 'ws';
import { scopesOf } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import type { Identity } from '#platform/request-context';
import { GATEWAY_LIMITS } from '../../gateway/gateway-options.ts';
import { startGateway } from '../../gateway/start-gateway.ts';
import type { Prices } from './prices.ts';

export const SERVERS = ['gateway', 'gateway-at-once', 'graphql-ws', 'ws'] as const;
export type ServerName = (typeof SERVERS)[number];

export interface Serving {
  readonly port: number;
  /** Only of `ws`, which has no ticks: sends one message to every client. */
  readonly sendToAll?: () => void;
}

const HOUR_MS = 3_600_000;

const identity: Identity = {
  user: 'bench',
  roles: ['admin'],
  scopes: scopesOf(['admin']),
  isService: true,
};

export function serve(name: ServerName, prices: Prices): Promise<Serving> {
  switch (name) {
    case 'gateway':
      return serveGateway(prices, GATEWAY_LIMITS.maxFlushDelayMs);
    case 'gateway-at-once':
      return serveGateway(prices, 0);
    case 'graphql-ws':
      return serveGraphqlWs(prices);
    case 'ws':
      return servePlainly();
  }
}

async function serveGateway(prices: Prices, maxFlushDelayMs: number): Promise<Serving> {
  const supergraph = new URL('../../schema/supergraph.graphql', import.meta.url);
  return startGateway({
    supergraphSdl: readFileSync(supergraph, 'utf8'),
    host: '127.0.0.1',
    port: 0,
    subgraphs: [prices.subgraph],
    subgraphUrls: {},
    internalTokens: 'none',
    verifyToken: async () => ({ identity, expiresAtMs: Date.now() + HOUR_MS }),
    limits: { ...GATEWAY_LIMITS, maxFlushDelayMs },
    isProduction: false,
    corsOrigins: [],
    requestTimeoutMs: 10_000,
    apollo: { key: undefined, graphRef: undefined },
    readyChecks: {},
    clock: systemClock,
    logger: silentLogger,
    metrics: new Registry(),
    newId: randomUUID,
    examples: [],
  });
}

/** As a GraphQL server without a gateway does it: each client's events executed for that client. */
async function serveGraphqlWs({ schema, contextOf }: Prices): Promise<Serving> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, path: '/graphql' });
  const request = {
    identity,
    correlationId: 'bench',
    deadlineAtMs: Number.MAX_SAFE_INTEGER,
    signal: new AbortController().signal,
  };
  useServer({ schema, context: () => contextOf(request) }, server);
  return { port: await listening(http) };
}

/** Knows nothing of GraphQL: a string that is always the same, as `ws` sends it. */
async function servePlainly(): Promise<Serving> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, path: '/graphql', perMessageDeflate: false });
  const tick =
    '{"symbol":"BENCH000","price":"100.42","bid":"100.4","ask":"100.44",' +
    '"eventTime":"2026-11-20T14:30:00.123Z","sequence":"12345"}';
  const message = `{"id":"1","type":"next","payload":{"data":{"priceTicks":${tick}}}}`;
  return {
    port: await listening(http),
    sendToAll: () => {
      for (const client of server.clients) client.send(message);
    },
  };
}

function listening(http: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    http.listen(0, '127.0.0.1', () => resolve((http.address() as AddressInfo).port));
  });
}
