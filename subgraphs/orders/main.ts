/** Builds orders from the platform's parts: stores, the simulated broker, workers, schema. */

import { orderUpdated } from '#kernel/topics/order-updated';
import { pause } from '#platform/backoff';
import { createTopicTail } from '#platform/event-log/topic-tail';
import type { Consumer } from '#platform/ports';
import { buildSchemaOf, type PlatformParts, type Subgraph } from '#platform/subgraph';
import { updateViewOf } from './domain/order-view.ts';
import type { Context, Deps } from './graphql/context.ts';
import { createLoaders, type ReadCash } from './graphql/loaders.ts';
import { resolvers } from './graphql/resolvers.ts';
import { readCash } from './store/cash-writer.ts';
import { createMarketView } from './store/market-view.ts';
import { createOrderStore } from './store/order-store.ts';
import { createOrderViews } from './store/order-views.ts';
import { recordReport } from './use-cases/record-report.ts';
import { createOrderMetrics } from './workers/order-metrics.ts';
import { SIMULATED_BROKER, SimulatedBroker } from './workers/simulated-broker.ts';
import { consumeTradeConfirmations } from './workers/trade-confirmations.ts';

export function buildOrders(parts: PlatformParts): Subgraph {
  const { sql, clock, logger, eventLog, newId } = parts;
  const metrics = createOrderMetrics(parts.metrics);
  const orders = createOrderStore(sql);
  const views = createOrderViews(sql);
  const market = createMarketView(parts);
  const readCashOf: ReadCash = (accountIds) => readCash(sql, accountIds);
  const broker = new SimulatedBroker({
    ...parts,
    liveQuote: (symbol) => market.liveQuote(symbol),
    loadOrder: async (id) => (await orders.load(id))?.order ?? null,
    openOrders: () => orders.openOrders(),
    report: (orderId, report) =>
      recordReport(
        { orders, clock, onExecution: metrics.onExecution },
        { orderId, report, reporter: SIMULATED_BROKER },
      ),
    onDroppedQuotes: metrics.onDroppedQuotes,
  });
  const updates = createTopicTail({
    eventLog,
    eventType: {
      topic: orderUpdated.topic,
      parse: (payload, version) => updateViewOf(orderUpdated.parse(payload, version)),
    },
    logger,
    pause,
  });
  const { onPlaced } = metrics;
  const deps: Deps = { orders, views, market, broker, updates, clock, newId, onPlaced };
  let consumers: readonly Consumer[] = [];

  return {
    name: 'orders',
    schema: buildSchemaOf(new URL('./orders.graphql', import.meta.url), resolvers),
    createContext: (request): Context => ({
      request,
      deps,
      loaders: createLoaders({ views, readCash: readCashOf }),
    }),
    async start() {
      const { onTradeRefused } = metrics;
      consumers = await consumeTradeConfirmations(eventLog, { orders, logger, onTradeRefused });
      await broker.start();
    },
    async stop() {
      await broker.stop();
      await updates.close();
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}
