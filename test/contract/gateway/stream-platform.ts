/** One small subgraph with streams of every kind the hub knows, for the tests of the hub. */

import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { PlatformError } from '#platform/errors';
import type { SubgraphContext } from '#platform/subgraph';
import { type Channel, createChannel } from './channel.ts';
import { compose, type Mode, type SmallPlatform } from './small-platform.ts';

const STREAMS = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9"
    import: ["@composeDirective", "@key", "@requiresScopes"])
  @link(url: "https://plumbline.example/fanOut/v1.0", import: ["@fanOut"])
  @composeDirective(name: "@fanOut")
  directive @fanOut(
    keyedBy: String
    foldsCase: Boolean = false
    maxKeys: Int = 500
    startsWithLast: Boolean = false
    resumedBy: String
    skipsWhenSlow: Boolean = false
  ) on FIELD_DEFINITION
  type Query { motto: String! }
  type Subscription {
    ticks(symbols: [String!]!): Tick!
      @fanOut(keyedBy: "symbols", foldsCase: true, maxKeys: 50, skipsWhenSlow: true)
    levels(codes: [String!]!): Tick! @fanOut(keyedBy: "codes", startsWithLast: true)
    orders(book: String, after: String): Tick! @fanOut(resumedBy: "after")
    own(symbols: [String!]!): Tick!
  }
  type Tick {
    symbol: String!
    number: Int!
    times(by: Int!): Int!
    text: String
    secret: Int @requiresScopes(scopes: [["cash:write"]])
    instrument: Instrument
  }
  type Instrument @key(fields: "id") { id: ID! }
`;

const NAMES = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { calm: String }
  type Instrument @key(fields: "id") { id: ID!  name: String }
`;

export interface Told {
  readonly symbol: string;
  readonly number: number;
  readonly text?: string;
  readonly ends?: 'completed' | 'failed';
}

export interface StreamPlatform extends SmallPlatform {
  readonly told: Channel<Told>;
  /** Streams that were opened, each as its field and arguments. */
  readonly opened: string[];
  /** Users the subgraph was told about with those. */
  readonly readers: (string | undefined)[];
  /** Events that were executed. */
  readonly executed: () => number;
}

export function createStreamPlatform(mode: Mode = 'in process'): StreamPlatform {
  const told = createChannel<Told>();
  const opened: string[] = [];
  const readers: (string | undefined)[] = [];
  let executed = 0;

  type Arguments = { symbols?: string[]; codes?: string[]; book?: string; after?: string };
  const stream = (field: string) => ({
    subscribe: (_root: unknown, args: Arguments, { request }: SubgraphContext) => {
      const wanted = args.symbols ?? args.codes ?? [args.book ?? 'ORDER'];
      if (wanted.length === 0 || wanted.length > 50) {
        throw new PlatformError('BAD_USER_INPUT', `expected 1 to 50, was ${wanted.length}`);
      }
      opened.push(`${field} ${JSON.stringify(args)}`);
      readers.push(request.identity?.user);
      const upper = new Set(wanted.map((each) => each.toUpperCase()));
      return untilItEnds(told.listen(({ symbol }) => upper.has(symbol)));
    },
    resolve: (event: Told) => {
      executed += 1;
      return event;
    },
  });

  const Tick = {
    times: ({ number }: Told, { by }: { by: number }) => number * by,
    secret: () => 42,
    instrument: ({ symbol }: Told) => ({ id: symbol }),
  };
  const fields = ['ticks', 'levels', 'orders', 'own'];
  const Subscription = Object.fromEntries(fields.map((field) => [field, stream(field)]));
  const Instrument = {
    __resolveReference: ({ id }: { id: string }) => ({ id }),
    name: ({ id }: { id: string }) => `name of ${id}`,
  };
  const subgraph = (name: 'market-data' | 'risk', sdl: string, resolvers: object) => ({
    name,
    schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]),
    createContext: (request: SubgraphContext['request']) => ({ request }),
    start: async () => undefined,
    stop: async () => undefined,
  });
  return {
    mode,
    supergraphSdl: compose([
      { name: 'market-data', typeDefs: parse(STREAMS) },
      { name: 'risk', typeDefs: parse(NAMES) },
    ]),
    subgraphs: [
      subgraph('market-data', STREAMS, {
        Query: { motto: () => 'true to the line' },
        Subscription,
        Tick,
      }),
      subgraph('risk', NAMES, { Query: { calm: () => 'calm' }, Instrument }),
    ],
    prices: createChannel(),
    calls: [],
    told,
    opened,
    readers,
    executed: () => executed,
  };
}

/** Not a generator, whose `return()` would wait for the next event. */
function untilItEnds(events: AsyncIterableIterator<Told>): AsyncIterableIterator<Told> {
  const end = async () => {
    await events.return?.();
    return { value: undefined, done: true } as const;
  };
  const stream: AsyncIterableIterator<Told> = {
    next: async () => {
      const step = await events.next();
      if (step.done === true || step.value.ends === 'completed') return end();
      if (step.value.ends === undefined) return step;
      await end();
      throw new PlatformError('VERSION_CONFLICT', 'it broke');
    },
    return: end,
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
