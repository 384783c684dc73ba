/**
 * Prometheus metrics. Names are `plumbline_<part>_<what>_<unit>`, counters end in `_total`, times
 * are in seconds; labels have few values, never ids, keys or symbols.
 */

import { collectDefaultMetrics, Registry } from 'prom-client';

/** Of a request or a use case, in seconds. */
export const REQUEST_SECONDS_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** From feed to subscriber, in seconds: the interesting part is below 100 ms. */
export const LATENCY_SECONDS_BUCKETS = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5,
];
/** Items handled at once. */
export const BATCH_SIZE_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** A registry of its own, with the metrics of the process: heap, event loop, garbage collection. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
