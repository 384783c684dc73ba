/** For tests: the orders subgraph on a test database, with a market that does as it is told. */

import { type ExecutionResult, parse, subscribe } from 'graphql';
import {
  ACCEPTED_TICKS_CHANNEL,
  type AcceptedTick,
  acceptedTick,
  lastPriceKey,
} from '#kernel/topics/accepted-ticks';
import { type Clock, systemClock } from '#platform/clock';
import type { Config } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openParts, type OpenedParts } from '#platform/parts';
import type { RequestContext } from '#platform/request-context';
import type { Subgraph } from '#platform/subgraph';
import { buildOrders } from '../main.ts';

export interface OrdersPlatform {
  readonly parts: OpenedParts;
  readonly subgraph: Subgraph;
  /** Publishes a tick as market data does; left out: one without bid, ask and size. */
  tick(symbol: string, price: string, quote?: TickQuote): Promise<void>;
  close(): Promise<void>;
}

export interface TickQuote {
  readonly bid?: string;
  readonly ask?: string;
  readonly size?: string;
}

export async function openOrders(options: {
  readonly url: string;
  readonly config: Config;
  readonly clock?: Clock;
}): Promise<OrdersPlatform> {
  const { url, config, clock = systemClock } = options;
  const opened = await openParts({ config, databaseUrl: url, logger: silentLogger });
  const parts: OpenedParts = { ...opened, clock };
  const subgraph = buildOrders(parts);
  await subgraph.start();
  let sequence = 0n;
  return {
    parts,
    subgraph,
    async tick(symbol, price, quote = {}) {
      sequence += 1n;
      const { bid = null, ask = null, size = null } = quote;
      const now = clock.nowMs();
      const tick: AcceptedTick = {
        instrumentId: `ins_${symbol}`,
        symbol,
        price,
        bid,
        ask,
        size,
        currency: 'USD',
        eventTimeMs: now,
        receivedAtMs: now,
        source: 'test',
        sequence: String(sequence),
        quality: 'GOOD',
      };
      const value = acceptedTick.encode(tick);
      await parts.cache.setMany([{ key: lastPriceKey(symbol), value, version: sequence }]);
      await parts.broadcast.publish(ACCEPTED_TICKS_CHANNEL, [{ key: symbol, value }]);
    },
    async close() {
      await subgraph.stop();
      await opened.close();
    },
  };
}

/** Results of a subscription; ends it when told to. */
export async function follow<Data>(
  subgraph: Subgraph,
  request: RequestContext,
  document: string,
  variableValues: Readonly<Record<string, unknown>> = {},
): Promise<AsyncGenerator<Data>> {
  const contextValue = subgraph.createContext(request);
  const { schema } = subgraph;
  const source = await subscribe({
    schema,
    document: parse(document),
    variableValues,
    contextValue,
  });
  if (!(Symbol.asyncIterator in source)) throw source.errors?.[0] ?? new Error('no stream');
  return dataOf<Data>(source);
}

async function* dataOf<Data>(
  source: AsyncGenerator<ExecutionResult, void, void>,
): AsyncGenerator<Data> {
  for await (const { data, errors } of source) {
    if (errors?.[0]) throw errors[0];
    yield data as Data;
  }
}
