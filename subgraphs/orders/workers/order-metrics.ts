/** What operators see of orders. */

import { Counter, type Registry } from 'prom-client';

export interface OrderMetrics {
  readonly onPlaced: (result: 'accepted' | 'refused' | 'repeated') => void;
  readonly onExecution: () => void;
  readonly onTradeRefused: () => void;
  readonly onDroppedQuotes: (count: number) => void;
}

export function createOrderMetrics(registry: Registry): OrderMetrics {
  const registers = [registry];
  const placed = new Counter({
    name: 'plumbline_orders_placed_total',
    help: 'Requests to place an order, by what became of them',
    labelNames: ['result'],
    registers,
  });
  const executions = new Counter({
    name: 'plumbline_orders_executions_total',
    help: 'Fills recorded',
    registers,
  });
  const tradesRefused = new Counter({
    name: 'plumbline_orders_trades_refused_total',
    help: 'Fills the positions refused to count: each one needs a person',
    registers,
  });
  const droppedQuotes = new Counter({
    name: 'plumbline_orders_quotes_dropped_total',
    help: 'Ticks the simulated broker passed over because it could not keep up',
    registers,
  });
  return {
    onPlaced: (result) => placed.inc({ result }),
    onExecution: () => executions.inc(),
    onTradeRefused: () => tradesRefused.inc(),
    onDroppedQuotes: (count) => droppedQuotes.inc(count),
  };
}
