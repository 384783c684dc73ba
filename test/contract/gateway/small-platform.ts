/** Three small subgraphs and a gateway over them, for the gateway's own tests. */

import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, parse } from 'graphql';
import { Registry } from 'prom-client';
import { type Role, scopesOf } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import { type Endpoint, serveSubgraph } from '#platform/graphql/endpoint';
import { createInternalTokens } from '#platform/identity/internal-tokens';
import type { VerifyToken } from '#platform/identity/tokens';
import { silentLogger } from '#platform/logger';
import { requireAccess } from '#platform/authorization';
import { DecimalScalar } from '#platform/scalars';
import type { Subgraph, SubgraphContext, SubgraphName } from '#platform/subgraph';
import {
  type Gateway,
  GATEWAY_LIMITS,
  type GatewayOptions,
} from '../../../gateway/gateway-options.ts';
import { startGateway } from '../../../gateway/start-gateway.ts';
import { createChannel } from './channel.ts';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@authenticated", "@requiresScopes", "@shareable"])`;

const MARKET_DATA = `${LINK}
  scalar Decimal
  enum Sorting { NAME PRICE }
  input Wanted { amount: Decimal amounts: [Decimal!] sorting: Sorting count: Int }
  type Query {
    echo(wanted: Wanted!): Decimal
    instrument(symbol: String!): Instrument @requiresScopes(scopes: [["market-data:read"]])
    instruments: [Instrument!]! @requiresScopes(scopes: [["market-data:read"]])
    things: [Thing!]!
    motto: String!
    slow: String
  }
  type Tick { at: Int! quotes: [[Quote!]!]! instrument: Instrument failing: Int }
  type Quote { bid: Int ask: Int }
  interface Thing { name: String! owner: String }
  type Chair implements Thing { name: String! owner: String @authenticated }
  type Table implements Thing { name: String! owner: String }
  type Mutation {
    rename(symbol: String!, to: String!): Instrument
      @requiresScopes(scopes: [["market-data:manage"]])
    touch: Int!
    keep(wanted: Wanted!): Decimal
  }
  type Subscription {
    priceChanged(symbols: [String!]!): Instrument! @requiresScopes(scopes: [["market-data:read"]])
    heartbeat: Int!
    echoed(wanted: Wanted!): Decimal
    thingMade: Thing!
    tick(symbol: String!): Tick!
  }
  type Instrument @key(fields: "id") {
    id: ID!
    symbol: String!
    price: Decimal
    cost: Float @requiresScopes(scopes: [["cash:write"]])
    margin: Float! @requiresScopes(scopes: [["cash:write"]])
    book: Book
  }
  type Book @requiresScopes(scopes: [["cash:write"]]) { name: String! }
`;

const RISK = `${LINK}
  type Query { worst: Instrument  calm: String }
  type Subscription { rated: String }
  type Instrument @key(fields: "id") {
    id: ID!
    rating: String
    secretRating: String @requiresScopes(scopes: [["risk:read"]])
    bug: Int
    refusal: Int
  }
`;

const POSITIONS = `${LINK}
  type Query { held: [Instrument!]! }
  type Instrument @key(fields: "id") { id: ID!  quantity: Int }
`;

export interface Price {
  readonly id: string;
  readonly symbol: string;
  readonly price: string;
}

const PRICES: readonly Price[] = [
  { id: 'ins_AAPL', symbol: 'AAPL', price: '187.5' },
  { id: 'ins_MSFT', symbol: 'MSFT', price: '410' },
];

/** The same behavior is expected of subgraphs in the gateway's process and behind URLs. */
export const MODES = ['in process', 'over HTTP'] as const;
export type Mode = (typeof MODES)[number];

export interface SmallPlatform {
  readonly mode: Mode;
  readonly supergraphSdl: string;
  readonly subgraphs: readonly Subgraph[];
  readonly prices: ReturnType<typeof createChannel<Price>>;
  /** Root fields resolved, in order: shows what was fetched and what was not. */
  readonly calls: string[];
}

function context(request: SubgraphContext['request']): SubgraphContext {
  return { request };
}

export function createSmallPlatform(mode: Mode = 'in process'): SmallPlatform {
  const prices = createChannel<Price>();
  const calls: string[] = [];
  const marketData = subgraph('market-data', MARKET_DATA, marketDataResolvers(prices, calls));
  const risk = subgraph('risk', RISK, riskResolvers(calls));
  const positions = subgraph('positions', POSITIONS, {
    Query: { held: () => PRICES.map(({ id }) => ({ id })) },
    Instrument: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      quantity: ({ id }: { id: string }) => id.length,
    },
  });
  const sdls: [SubgraphName, string][] = [
    ['market-data', MARKET_DATA],
    ['risk', RISK],
    ['positions', POSITIONS],
  ];
  return {
    mode,
    supergraphSdl: compose(sdls.map(([name, sdl]) => ({ name, typeDefs: parse(sdl) }))),
    subgraphs: [marketData, risk, positions],
    prices,
    calls,
  };
}

export function compose(
  services: readonly { name: string; typeDefs: DocumentNode; url?: string }[],
): string {
  const { supergraphSdl, errors } = composeServices(
    services.map((service) => ({ url: `http://127.0.0.1:9/${service.name}`, ...service })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(String).join('\n'));
  return supergraphSdl;
}

function marketDataResolvers(prices: SmallPlatform['prices'], calls: string[]) {
  const called = <T>(name: string, value: T): T => {
    calls.push(name);
    return value;
  };
  const bySymbol = (wanted: string) => PRICES.find(({ symbol }) => symbol === wanted);
  return {
    Decimal: DecimalScalar,
    Query: {
      echo: amountWanted,
      instrument: (_: unknown, { symbol }: { symbol: string }) =>
        called(`instrument ${symbol}`, bySymbol(symbol)),
      instruments: () => called('instruments', PRICES),
      things: () => [
        { __typename: 'Chair', name: 'chair', owner: 'ann' },
        { __typename: 'Table', name: 'table', owner: 'bob' },
      ],
      motto: () => 'true to the line',
      slow: (_: unknown, __: unknown, { request }: SubgraphContext) =>
        new Promise((resolve) => {
          const answer = () => setTimeout(() => resolve('too late'), 50);
          request.signal.addEventListener('abort', answer);
        }),
    },
    Mutation: {
      keep: amountWanted,
      rename: (_: unknown, { symbol }: { symbol: string }) =>
        called(`rename ${symbol}`, bySymbol(symbol)),
      touch: () => called('touch', 1),
    },
    Subscription: {
      priceChanged: {
        subscribe: (
          _: unknown,
          { symbols }: { symbols: readonly string[] },
          { request }: SubgraphContext,
        ) => {
          requireAccess({ scopes: [['market-data:read']] }, request.identity, 'priceChanged');
          return prices.listen(({ symbol }) => symbols.includes(symbol));
        },
        resolve: (price: Price) => price,
      },
      thingMade: {
        subscribe: async function* () {
          yield { thingMade: { __typename: 'Table', name: 'table', owner: 'bob' } };
        },
      },
      tick: {
        subscribe: async function* (_: unknown, { symbol }: { symbol: string }) {
          const quotes = [[{ bid: 1, ask: 2 }], []];
          yield { tick: { at: 7, quotes, instrument: bySymbol(symbol) } };
        },
      },
      echoed: {
        subscribe: async function* (_: unknown, asked: Parameters<typeof amountWanted>[1]) {
          yield { echoed: amountWanted(_, asked) };
        },
      },
      heartbeat: {
        subscribe: async function* () {
          yield { heartbeat: 1 };
          yield { heartbeat: 2 };
        },
      },
    },
    Tick: {
      failing: () => {
        throw new PlatformError('VERSION_CONFLICT', 'again');
      },
    },
    Instrument: {
      __resolveReference: ({ id }: { id: string }) => PRICES.find((each) => each.id === id),
      cost: () => called('cost', 12),
      margin: () => called('margin', 0.5),
      book: () => called('book', { name: 'main' }),
    },
  };
}

function amountWanted(_: unknown, { wanted }: { wanted: { amount?: bigint } }) {
  return wanted.amount;
}

function riskResolvers(calls: string[]) {
  return {
    Query: { worst: () => ({ id: 'ins_AAPL' }), calm: () => 'calm' },
    Instrument: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      rating: ({ id }: { id: string }) => `rated ${id}`,
      secretRating: ({ id }: { id: string }) => {
        calls.push('secretRating');
        return `secret ${id}`;
      },
      bug: () => {
        throw new Error('select * from secrets');
      },
      refusal: () => {
        throw new PlatformError('RATE_LIMITED', 'too fast', { details: { limit: 'PER_SECOND' } });
      },
    },
  };
}

function subgraph(name: SubgraphName, sdl: string, resolvers: object): Subgraph {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
  return {
    name,
    schema,
    createContext: context,
    start: async () => undefined,
    stop: async () => undefined,
  };
}

/** Tokens of the tests: the role's name; `trader until 123` expires at that epoch millisecond. */
export const verifyTestToken: VerifyToken = async (token) => {
  const [, role, untilMs] = /^([a-z_]+)(?:-until-(\d+))?$/.exec(token) ?? [];
  if (role === undefined || role === 'nobody') {
    throw new PlatformError('UNAUTHENTICATED', 'the token is not accepted: its signature is wrong');
  }
  const roles = [role as Role];
  return {
    identity: { user: role, roles, scopes: scopesOf(roles), isService: false },
    expiresAtMs: untilMs === undefined ? Date.now() + 3_600_000 : Number(untilMs),
  };
};

let ids = 0;

export function gatewayOptions(platform: SmallPlatform): GatewayOptions {
  return {
    supergraphSdl: platform.supergraphSdl,
    host: '127.0.0.1',
    port: 0,
    subgraphs: platform.subgraphs,
    subgraphUrls: {},
    internalTokens: 'none',
    verifyToken: verifyTestToken,
    limits: GATEWAY_LIMITS,
    isProduction: false,
    corsOrigins: [],
    requestTimeoutMs: 5_000,
    apollo: { key: undefined, graphRef: undefined },
    readyChecks: {},
    clock: systemClock,
    logger: silentLogger,
    metrics: new Registry(),
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
  };
}

export async function startSmallGateway(
  platform: SmallPlatform,
  over: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const options = { ...gatewayOptions(platform), ...over };
  if (platform.mode === 'in process') return startGateway(options);
  const endpoints = await serveAll(platform.subgraphs);
  const urls = endpoints.map(({ name, endpoint }) => [name, endpoint.url] as const);
  const gateway = await startGateway({
    ...options,
    subgraphs: [],
    subgraphUrls: Object.fromEntries(urls),
    internalTokens,
  });
  return {
    ...gateway,
    stop: async () => {
      await gateway.stop();
      await Promise.all(endpoints.map(({ endpoint }) => endpoint.stop()));
    },
  };
}

export const SECRET = 'a secret of the tests, 32 long!!';
export const internalTokens = createInternalTokens(SECRET, systemClock);

export function serveSmall(subgraph: Subgraph, port = 0): Promise<Endpoint> {
  return serveSubgraph(subgraph, {
    host: '127.0.0.1',
    port,
    internalTokens,
    requestTimeoutMs: 5_000,
    readyChecks: {},
    metrics: new Registry(),
    clock: systemClock,
    logger: silentLogger,
  });
}

function serveAll(subgraphs: readonly Subgraph[]) {
  return Promise.all(
    subgraphs.map(async (each) => ({ name: each.name, endpoint: await serveSmall(each) })),
  );
}
