/** One subgraph with pages and costs, for the tests of limits, and two ways to ask. */

import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import type { Subgraph } from '#platform/subgraph';
import type { Gateway, GatewayOptions } from '../../../gateway/gateway-options.ts';
import { type Answer, ask } from './ask.ts';
import { compose, gatewayOptions, type SmallPlatform } from './small-platform.ts';
import { startGateway } from '../../../gateway/start-gateway.ts';
import { connect, type Connecting, type SocketClient } from './socket-client.ts';
import { createChannel } from './channel.ts';

const SDL = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
    import: ["@key", "@cost", "@listSize"])
  enum Sorting { NAME PRICE }
  type Item { name: String page(first: Int = 10): Page!
    @listSize(slicingArguments: ["first"], assumedSize: 100, sizedFields: ["edges"]) }
  type Edge { node: Item! }
  type Page { edges: [Edge!]! }
  type Query {
    motto(sorting: Sorting): String!
    dear: String @cost(weight: 900)
    waiting: String
    items(first: Int = 10): Page!
      @listSize(slicingArguments: ["first"], assumedSize: 100, sizedFields: ["edges"])
  }
  type Mutation { touch: Int! }
  type Subscription {
    made(first: Int = 10, sorting: Sorting): Page!
      @listSize(slicingArguments: ["first"], assumedSize: 100, sizedFields: ["edges"])
    never: Int
  }
`;

export interface LimitedPlatform extends Pick<SmallPlatform, 'supergraphSdl' | 'subgraphs'> {
  /** Lets everybody who waits have an answer. */
  readonly answer: () => void;
  readonly waiting: () => number;
}

export function createLimitedPlatform(): LimitedPlatform {
  const waiting = new Set<(answer: string) => void>();
  const page = (_: unknown, { first }: { first: number }) => ({
    edges: Array.from({ length: Math.min(first, 2) }, () => ({ node: { name: 'item' } })),
  });
  const resolvers = {
    Query: {
      motto: () => 'true to the line',
      dear: () => 'dear',
      items: page,
      waiting: () => new Promise<string>((resolve) => waiting.add(resolve)),
    },
    Item: { page },
    Mutation: { touch: () => 1 },
    Subscription: {
      made: {
        subscribe: async function* (_: unknown, asked: { first: number }) {
          yield { made: page(_, asked) };
        },
      },
      never: { subscribe: () => createChannel().listen(() => true) },
    },
  };
  const schema = buildSubgraphSchema([{ typeDefs: parse(SDL), resolvers: resolvers as never }]);
  const subgraph: Subgraph = {
    name: 'market-data',
    schema,
    createContext: (request) => ({ request }),
    start: async () => undefined,
    stop: async () => undefined,
  };
  return {
    supergraphSdl: compose([{ name: 'market-data', typeDefs: parse(SDL) }]),
    subgraphs: [subgraph],
    waiting: () => waiting.size,
    answer: () => {
      for (const resolve of waiting) resolve('answered');
      waiting.clear();
    },
  };
}

export function startLimited(
  platform: LimitedPlatform,
  over: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const calls: string[] = [];
  const small = { ...platform, mode: 'in process' as const, prices: createChannel(), calls };
  return startGateway({ ...gatewayOptions(small as SmallPlatform), ...over });
}

type Problems = NonNullable<Answer['errors']>;

export interface Told {
  readonly data?: unknown;
  readonly errors?: Problems | undefined;
  readonly extensions?: unknown;
}

export interface Asked {
  readonly as?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

export type Way = (gateway: Gateway, query: string, asked?: Asked) => Promise<Told>;

export const overHttp: Way = async (gateway, query, { as, variables, more } = {}) => {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
    },
    body: JSON.stringify({ query, variables, ...more }),
  });
  return (await response.json()) as Told;
};

/** A socket for each operation: what came first, and an error message as errors without data. */
export const overSocket: Way = async (gateway, query, { as, variables, more } = {}) => {
  const connecting: Connecting = as === undefined ? {} : { params: { token: as } };
  const socket = await connect(gateway.url, connecting);
  try {
    return await firstOf(socket, query, { ...(variables ? { variables } : {}), ...more });
  } finally {
    socket.close();
    await socket.closed;
  }
};

async function firstOf(socket: SocketClient, query: string, more: object): Promise<Told> {
  socket.subscribe('1', query, { ...more });
  const { type, payload } = await socket.next();
  return type === 'error' ? { errors: payload as Problems } : (payload as Told);
}

export const WAYS = [
  ['over HTTP', overHttp],
  ['over WebSocket', overSocket],
] as const;

export async function isServing(gateway: Gateway): Promise<boolean> {
  const { data } = await ask(gateway.url, '{ motto }');
  return JSON.stringify(data) === '{"motto":"true to the line"}';
}
