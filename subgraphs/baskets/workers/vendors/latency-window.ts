/** Percentiles of the last so many durations. */

import type { Percentiles } from '../../domain/vendor.ts';

const KEPT = 1_000;

export interface LatencyWindow {
  add(ms: number): void;
  /** Nearest rank; null before the first. */
  percentiles(): Percentiles | null;
}

export function createLatencyWindow(): LatencyWindow {
  const kept: number[] = [];
  let next = 0;
  return {
    add(ms) {
      kept[next] = ms;
      next = (next + 1) % KEPT;
    },
    percentiles() {
      if (kept.length === 0) return null;
      const sorted = [...kept].sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
      return { p50: at(0.5), p95: at(0.95), p99: at(0.99), count: sorted.length };
    },
  };
}
