/** What operations see of backtests. */

import { Gauge, type Registry } from 'prom-client';

export function watchBacktests(
  registry: Registry,
  seen: { readonly running: () => number; readonly cachedBytes: () => number },
): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('plumbline_baskets_backtests_running', 'Backtests at work in this process', seen.running);
  gauge(
    'plumbline_baskets_backtest_price_cache_bytes',
    'Prices of backtests kept in memory',
    seen.cachedBytes,
  );
}
