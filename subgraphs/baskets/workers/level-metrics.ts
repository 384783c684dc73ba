/** What the live levels say about themselves. */

import { Counter, Gauge, type Registry } from 'prom-client';

export interface LevelMetrics {
  readonly live: Gauge;
  readonly published: Counter;
  readonly secondLooks: Counter;
  readonly rebuildDifferences: Counter;
}

export function createLevelMetrics(registry: Registry): LevelMetrics {
  const registers = [registry];
  return {
    live: new Gauge({
      name: 'plumbline_baskets_live_count',
      help: 'Baskets that this process values.',
      registers,
    }),
    published: new Counter({
      name: 'plumbline_baskets_levels_published_total',
      help: 'Levels published to subscribers, those without a value included.',
      registers,
    }),
    secondLooks: new Counter({
      name: 'plumbline_baskets_second_looks_total',
      help: 'Levels that moved by more than 10 % and were held back for one turn.',
      registers,
    }),
    rebuildDifferences: new Counter({
      name: 'plumbline_baskets_rebuild_differences_total',
      help: 'Indices whose running value was not that of a full rebuild; above zero is a bug.',
      registers,
    }),
  };
}
