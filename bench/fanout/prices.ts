/** The price stream of market data with its own schema, resolvers and hub, and ticks made here. */

import type { GraphQLSchema } from 'graphql';
import type { AcceptedTick } from '#kernel/topics/accepted-ticks';
import { systemClock } from '#platform/clock';
import type { RequestContext } from '#platform/request-context';
import { buildSchemaOf, type Subgraph } from '#platform/subgraph';
import { liveResolvers } from '../../subgraphs/market-data/graphql/live-resolvers.ts';
import { createPriceHub, priceTicks } from '../../subgraphs/market-data/use-cases/latest-prices.ts';

export const SYMBOLS: readonly string[] = Array.from(
  { length: 500 },
  (_, number) => `BENCH${String(number).padStart(3, '0')}`,
);

export const OPERATION = `subscription Prices($symbols: [String!]!) {
  priceTicks(symbols: $symbols) { symbol price bid ask eventTime sequence }
}`;

export interface Prices {
  readonly schema: GraphQLSchema;
  readonly subgraph: Subgraph;
  readonly contextOf: (request: RequestContext) => ReturnType<Subgraph['createContext']>;
  /** The next ticks; the symbols take turns. */
  readonly push: (count: number) => void;
}

export function createPrices(): Prices {
  const hub = createPriceHub(systemClock);
  const schema = buildSchemaOf(
    new URL('../../subgraphs/market-data/market-data.graphql', import.meta.url),
    { Subscription: liveResolvers.Subscription, PriceTick: liveResolvers.PriceTick },
  );
  const deps = { live: { priceTicks: (symbols: readonly string[]) => priceTicks(hub, symbols) } };
  const contextOf = (request: RequestContext) => ({ request, deps });
  let made = 0;
  return {
    schema,
    contextOf,
    subgraph: {
      name: 'market-data',
      schema,
      createContext: contextOf,
      start: async () => undefined,
      stop: async () => undefined,
    },
    push: (count) => {
      const ticks: AcceptedTick[] = [];
      for (let left = count; left > 0; left--) {
        ticks.push(tickOf(made));
        made += 1;
      }
      hub.take(ticks);
    },
  };
}

function tickOf(number: number): AcceptedTick {
  const symbol = SYMBOLS[number % SYMBOLS.length] ?? '';
  const nowMs = Date.now();
  const cents = 10_000 + (number % 97);
  return {
    instrumentId: `ins_${symbol}`,
    symbol,
    price: `${cents / 100}`,
    bid: `${(cents - 2) / 100}`,
    ask: `${(cents + 2) / 100}`,
    size: '1',
    currency: 'USD',
    eventTimeMs: nowMs,
    receivedAtMs: nowMs,
    source: 'bench',
    sequence: String(Math.floor(number / SYMBOLS.length) + 1),
    quality: 'GOOD',
  };
}
