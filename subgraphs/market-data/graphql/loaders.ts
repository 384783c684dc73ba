/** Batches what the resolvers of one request ask for: one query per kind, however many ask. */

import DataLoader from 'dataloader';
import type { Bar } from '../domain/bar.ts';
import type { Instrument, InstrumentId, InstrumentSymbol } from '../domain/instrument.ts';
import type { BarRange, BarRepository, NewestBar } from '../store/bars.ts';
import type { InstrumentRepository } from '../store/instruments.ts';
import type { PriceSeries, PriceSeriesRepository } from '../store/price-series.ts';

export interface BarsWish {
  readonly instrumentId: InstrumentId;
  readonly range: BarRange;
}

export type Loaders = ReturnType<typeof createLoaders>;

export function createLoaders({
  instruments,
  bars,
  priceSeries,
}: {
  readonly instruments: InstrumentRepository;
  readonly bars: BarRepository;
  readonly priceSeries: PriceSeriesRepository;
}) {
  return {
    instrumentById: new DataLoader<InstrumentId, Instrument | null>(async (ids) => {
      const found = await instruments.byIds(ids);
      return ids.map((id) => found.get(id) ?? null);
    }),

    instrumentBySymbol: new DataLoader<InstrumentSymbol, Instrument | null>(async (symbols) => {
      const found = await instruments.bySymbols(symbols);
      return symbols.map((symbol) => found.get(symbol) ?? null);
    }),

    /** Many instruments ask for the same range in one query; each other range is one more. */
    bars: new DataLoader<BarsWish, readonly Bar[], string>(
      async (wishes) => {
        const found = new Map<BarsWish, readonly Bar[]>();
        for (const sameRange of bySameRange(wishes)) {
          const ids = sameRange.wishes.map((wish) => wish.instrumentId);
          const barsById = await bars.inRange(ids, sameRange.range);
          for (const wish of sameRange.wishes) {
            found.set(wish, barsById.get(wish.instrumentId) ?? []);
          }
        }
        return wishes.map((wish) => found.get(wish) ?? []);
      },
      { cacheKeyFn: ({ instrumentId, range }) => `${instrumentId} ${JSON.stringify(range)}` },
    ),

    priceSeries: new DataLoader<InstrumentId, readonly PriceSeries[]>(async (ids) => {
      const found = await priceSeries.ofInstruments(ids);
      return ids.map((id) => found.get(id) ?? []);
    }),

    newestBar: new DataLoader<InstrumentId, NewestBar | null>(async (ids) => {
      const found = await bars.newest(ids);
      return ids.map((id) => found.get(id) ?? null);
    }),
  };
}

function bySameRange(wishes: readonly BarsWish[]) {
  const groups = new Map<string, { readonly range: BarRange; readonly wishes: BarsWish[] }>();
  for (const wish of wishes) {
    const key = JSON.stringify(wish.range);
    const group = groups.get(key);
    if (group) group.wishes.push(wish);
    else groups.set(key, { range: wish.range, wishes: [wish] });
  }
  return groups.values();
}
