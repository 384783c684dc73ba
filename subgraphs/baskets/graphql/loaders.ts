/** Batches what the resolvers of one request ask for: one query per kind, however many ask. */

import DataLoader from 'dataloader';
import type { BacktestDocument } from '../domain/backtest-document.ts';
import { type BasketReader, type VersionKey, versionKeyText } from '../store/basket-reader.ts';
import type { ApprovalReader, DelistingRow } from '../store/approval-reader.ts';
import type { BacktestRepository } from '../store/backtests.ts';
import type { BasketRow, VersionRow } from '../store/basket-rows.ts';
import type { LevelRepository } from '../store/levels.ts';
import type { ListingRow, VendorStandingReader } from '../store/vendor-standings.ts';
import type { LevelHub } from '../workers/level-hub.ts';
import { type LevelView, presentPublished, presentStored, presentUnpriced } from './present.ts';

export type Loaders = ReturnType<typeof createLoaders>;

export function createLoaders({
  reader,
  approvals,
  backtests,
  levels,
  hub,
  nowMs,
}: {
  readonly reader: BasketReader;
  readonly approvals: ApprovalReader;
  readonly backtests: Pick<BacktestRepository, 'documents'>;
  readonly levels: Pick<LevelRepository, 'newest'>;
  readonly hub: Pick<LevelHub, 'latest'>;
  readonly nowMs: () => number;
}) {
  return {
    basketById: new DataLoader<string, BasketRow | null>(async (ids) => {
      const found = await reader.byIds(ids);
      return ids.map((id) => found.get(id) ?? null);
    }),

    basketByCode: new DataLoader<string, BasketRow | null>(async (codes) => {
      const found = await reader.byCodes(codes);
      return codes.map((code) => found.get(code) ?? null);
    }),

    versions: new DataLoader<string, readonly VersionRow[]>(async (basketIds) => {
      const found = await reader.versions(basketIds);
      return basketIds.map((id) => found.get(id) ?? []);
    }),

    constituents: byVersion((keys) => reader.constituents(keys)),
    approvals: byVersion((keys) => approvals.approvals(keys)),
    makers: byVersion((keys) => approvals.makers(keys)),

    backtestResult: new DataLoader<string, BacktestDocument | null>(async (hashes) => {
      const found = await backtests.documents(hashes);
      return hashes.map((hash) => found.get(hash) ?? null);
    }),

    delisting: new DataLoader<string, DelistingRow | null>(async (basketIds) => {
      const found = await approvals.delistings(basketIds);
      return basketIds.map((id) => found.get(id) ?? null);
    }),

    /** What this process published last, else what was stored last; null before the first. */
    level: new DataLoader<BasketRow, LevelView | null, string>(
      async (baskets) => {
        const silent = baskets.filter(({ id }) => hub.latest(id) === undefined);
        const stored = await levels.newest(silent.map(({ id }) => id));
        return baskets.map((basket) => {
          const unpriced = presentUnpriced(basket, nowMs());
          if (unpriced) return unpriced;
          const published = hub.latest(basket.id);
          if (published) return presentPublished(published);
          const newest = stored.get(basket.id);
          return newest ? presentStored(basket, newest) : null;
        });
      },
      { cacheKeyFn: ({ id }) => id },
    ),
  };
}

export type ListingLoader = ReturnType<typeof createListingLoader>;

/** Where baskets stand with vendors; none where nothing was ever sent. */
export function createListingLoader({
  standings,
}: {
  readonly standings: Pick<VendorStandingReader, 'listings'>;
}) {
  return new DataLoader<string, readonly ListingRow[]>(async (basketIds) => {
    const found = await standings.listings(basketIds);
    return basketIds.map((id) => found.get(id) ?? []);
  });
}

/** Lists per version; empty where nothing is found. */
function byVersion<Row>(
  read: (keys: readonly VersionKey[]) => Promise<ReadonlyMap<string, readonly Row[]>>,
) {
  return new DataLoader<VersionKey, readonly Row[], string>(
    async (keys) => {
      const found = await read(keys);
      return keys.map((key) => found.get(versionKeyText(key)) ?? []);
    },
    { cacheKeyFn: versionKeyText },
  );
}
