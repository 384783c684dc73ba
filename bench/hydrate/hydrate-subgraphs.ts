/** A stream of fills, and three subgraphs that add to each: instrument, account and desk. */

import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createEventQueue, type EventQueue } from '#platform/graphql/event-queue';
import type { Subgraph } from '#platform/subgraph';

export interface Fill {
  readonly id: string;
  readonly quantity: string;
  readonly price: string;
  readonly instrument: { readonly id: string };
  readonly account: { readonly id: string };
  readonly desk: { readonly id: string };
}

export interface FillStreams {
  readonly supergraphSdl: string;
  readonly subgraphs: readonly Subgraph[];
  /** To every stream that is open. */
  readonly push: (fillOf: (stream: number) => Fill) => void;
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])`;
const stub = (type: string) => `type ${type} @key(fields: "id", resolvable: false) { id: ID! }`;
const SDL = {
  orders: `${LINK}
    type Query { fills: Int }
    type Subscription { orderFilled(stream: Int!): Fill! }
    type Fill { id: ID! quantity: String! price: String!
      instrument: Instrument account: Account desk: Desk }
    ${stub('Instrument')} ${stub('Account')} ${stub('Desk')}`,
  'market-data': `${LINK}
    type Query { instruments: Int }
    type Instrument @key(fields: "id") { id: ID! symbol: String! name: String! last: Price }
    type Price { value: String! currency: String! }`,
  positions: `${LINK}
    type Query { accounts: Int }
    type Account @key(fields: "id") { id: ID! name: String! owner: Owner }
    type Owner { name: String! country: String }`,
  risk: `${LINK}
    type Query { desks: Int }
    type Desk @key(fields: "id") { id: ID! name: String! limit: String used: String }`,
} as const;

export const SUBSCRIPTION = `subscription Filled($stream: Int!) {
  orderFilled(stream: $stream) {
    id quantity price
    instrument { id symbol name last { value currency } }
    account { id name owner { name country } }
    desk { id name limit used }
  }
}`;

const MAX_WAITING = 10_000;

interface Reference {
  readonly id: string;
}

const ENTITIES = {
  Instrument: async ({ id }: Reference) => ({
    id,
    symbol: id.toUpperCase(),
    name: `Company ${id}`,
    last: { value: '187.50', currency: 'USD' },
  }),
  Account: async ({ id }: Reference) => ({
    id,
    name: `Account ${id}`,
    owner: { name: `Owner of ${id}`, country: 'DE' },
  }),
  Desk: async ({ id }: Reference) => ({ id, name: `Desk ${id}`, limit: '1000000', used: '12' }),
};

const OWNED = { 'market-data': 'Instrument', positions: 'Account', risk: 'Desk' } as const;

export function openFillStreams(): FillStreams {
  const open = new Map<EventQueue<Fill>, number>();
  const subscribe = (_: unknown, { stream }: { readonly stream: number }) => {
    const queue = createEventQueue<Fill>({
      maxWaiting: MAX_WAITING,
      overflow: () => new Error('too many events wait'),
      onReturn: () => open.delete(queue),
    });
    open.set(queue, stream);
    return queue.events;
  };
  const streaming = { Subscription: { orderFilled: { subscribe, resolve: (fill: Fill) => fill } } };
  const names = ['orders', 'market-data', 'positions', 'risk'] as const;
  const subgraphs = names.map((name): Subgraph => {
    const type = name === 'orders' ? undefined : OWNED[name];
    const resolvers =
      type === undefined ? streaming : { [type]: { __resolveReference: ENTITIES[type] } };
    const schema = buildSubgraphSchema([
      { typeDefs: parse(SDL[name]), resolvers: resolvers as never },
    ]);
    const nothing = async () => undefined;
    const createContext: Subgraph['createContext'] = (request) => ({ request });
    return { name, schema, createContext, start: nothing, stop: nothing };
  });
  const { supergraphSdl, errors } = composeServices(
    names.map((name) => ({ name, url: `http://127.0.0.1/${name}`, typeDefs: parse(SDL[name]) })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join());
  return {
    supergraphSdl,
    subgraphs,
    push: (fillOf) => {
      for (const [queue, stream] of open) queue.push(fillOf(stream));
    },
  };
}
