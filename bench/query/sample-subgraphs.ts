/**
 * Five federated subgraphs of the shape of the real ones, with resolvers that cost next to nothing,
 * so that what is measured is the gateway. The monolith runs the same resolvers in one schema.
 */

import { buildSubgraphSchema } from '@apollo/subgraph';
import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import DataLoader from 'dataloader';
import { type GraphQLSchema, parse, printSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import type { RequestContext } from '#platform/request-context';
import { scalarResolvers } from '#platform/scalars';
import { buildSchemaOf, type Subgraph, type SubgraphContext } from '#platform/subgraph';
import {
  basket,
  connectionOf,
  type Instrument,
  instrumentsById,
  orders,
  portfolio,
  positions,
} from './sample-book.ts';

type Context = SubgraphContext;
interface OfInstrument {
  readonly instrumentId: string;
}

/** As the real subgraph loads them: batched per request. */
const loaders = new WeakMap<RequestContext, DataLoader<string, Instrument | undefined>>();

function loadInstrument(id: string, { request }: Context): Promise<Instrument | undefined> {
  const known = loaders.get(request);
  if (known) return known.load(id);
  const fresh = new DataLoader<string, Instrument | undefined>(async (ids) =>
    ids.map((each) => instrumentsById.get(each)),
  );
  loaders.set(request, fresh);
  return fresh.load(id);
}

/** Those that point to an instrument of market data. */
const POINTERS = ['Position', 'Constituent', 'Order', 'PortfolioHolding'] as const;
const toStub = { instrument: ({ instrumentId: id }: OfInstrument) => ({ id }) };

const RESOLVERS = {
  'market-data': {
    Query: {
      instrument: (_: unknown, { symbol }: { readonly symbol: string }, context: Context) =>
        loadInstrument(`ins_${symbol}`, context),
    },
    Instrument: {
      __resolveReference: ({ id }: { readonly id: string }, context: Context) =>
        loadInstrument(id, context),
    },
  },
  positions: {
    Query: {
      positions: (_: unknown, { first }: { readonly first: number }) =>
        connectionOf(positions.slice(0, first)),
    },
    Position: toStub,
  },
  baskets: {
    Query: {
      basket: (_: unknown, { code }: { readonly code: string }) =>
        code === basket.code ? basket : null,
    },
    Constituent: toStub,
  },
  orders: {
    Query: {
      orders: (_: unknown, { first }: { readonly first: number }) =>
        connectionOf(orders.slice(0, first)),
    },
    Order: toStub,
  },
  risk: { Query: { portfolio: () => portfolio }, PortfolioHolding: toStub },
};

const NAMES = ['market-data', 'positions', 'baskets', 'orders', 'risk'] as const;

export function sampleSubgraphs(): readonly Subgraph[] {
  return NAMES.map((name) => ({
    name,
    schema: buildSchemaOf(sdlFile(name), RESOLVERS[name]),
    createContext: (request) => ({ request }),
    start: async () => undefined,
    stop: async () => undefined,
  }));
}

export function sampleSupergraph(): string {
  const shared = readFileSync(new URL('../../schema/shared.graphql', import.meta.url), 'utf8');
  const { supergraphSdl, errors } = composeServices(
    NAMES.map((name) => ({
      name,
      url: `http://127.0.0.1/${name}`,
      typeDefs: parse(`${readFileSync(sdlFile(name), 'utf8')}\n${shared}`),
    })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join());
  return supergraphSdl;
}

/** What callers of the supergraph see, as one executable schema without federation. */
export function monolithSchema(): GraphQLSchema {
  const api = Supergraph.build(sampleSupergraph()).apiSchema().toGraphQLJSSchema();
  const pointing = {
    instrument: ({ instrumentId }: OfInstrument, _: unknown, context: Context) =>
      loadInstrument(instrumentId, context),
  };
  const resolvers = {
    ...scalarResolvers,
    ...Object.fromEntries(POINTERS.map((type) => [type, pointing])),
    Query: Object.fromEntries(NAMES.flatMap((name) => Object.entries(RESOLVERS[name].Query))),
  };
  return buildSubgraphSchema([{ typeDefs: parse(printSchema(api)), resolvers }]);
}

function sdlFile(name: (typeof NAMES)[number]): URL {
  return new URL(`./${name}.graphql`, import.meta.url);
}
