/**
 * Prices of backtests in memory, the least recently used given up first. Those asked for while they
 * are being read are read once.
 */

import type { PriceRequest } from '../domain/backtest-job.ts';
import type { PanelData } from '../domain/backtest-panel.ts';
import type { LoadedPrices } from '../use-cases/load-prices.ts';
import type { PriceSource } from '../use-cases/run-backtest.ts';

export interface PriceCacheOptions {
  readonly maxBytes: number;
  readonly load: (request: PriceRequest) => Promise<LoadedPrices>;
}

export interface PriceCache extends PriceSource {
  readonly bytes: number;
}

export function createPriceCache({ maxBytes, load }: PriceCacheOptions): PriceCache {
  const kept = new Map<string, LoadedPrices & { readonly ok: true }>();
  const loading = new Map<string, Promise<LoadedPrices>>();
  let bytes = 0;

  function keep(prices: LoadedPrices & { readonly ok: true }): void {
    const size = bytesOf(prices.panel);
    if (size > maxBytes || kept.has(prices.state)) return;
    kept.set(prices.state, prices);
    bytes += size;
    for (const [state, { panel }] of kept) {
      if (bytes <= maxBytes) break;
      kept.delete(state);
      bytes -= bytesOf(panel);
    }
  }

  async function loadOnce(request: PriceRequest, state: string): Promise<LoadedPrices> {
    const underWay = loading.get(state);
    if (underWay) return underWay;
    const started = load(request).finally(() => loading.delete(state));
    loading.set(state, started);
    const loaded = await started;
    if (loaded.ok) keep(loaded);
    return loaded;
  }

  return {
    get bytes() {
      return bytes;
    },
    async load(request, state, signal) {
      signal.throwIfAborted();
      const found = kept.get(state);
      if (!found) return unlessAborted(loadOnce(request, state), signal);
      kept.delete(state);
      kept.set(state, found);
      return found;
    },
  };
}

function bytesOf({ days, closes, opens, benchmark }: PanelData): number {
  return [days, closes, opens, benchmark].reduce((sum, part) => sum + (part?.byteLength ?? 0), 0);
}

/** Others may wait for the same prices: reading them goes on. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
