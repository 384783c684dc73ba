/** Last prices from the cache. */

import { decimal } from '#kernel/decimal';
import { type Price, price } from '#kernel/money';
import { acceptedTick, lastPriceKey } from '#kernel/topics/accepted-ticks';
import type { Cache } from '#platform/ports';
import type { LastPrice } from '../domain/portfolio.ts';

export async function livePrices(
  cache: Cache,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, LastPrice>> {
  const values = await cache.getMany(symbols.map(lastPriceKey));
  return new Map(
    values.flatMap((value): [string, LastPrice][] => {
      if (value === undefined) return [];
      const tick = acceptedTick.parse(value, acceptedTick.version);
      const last: Price = price(decimal(tick.price));
      return [[tick.symbol, { price: last, quality: tick.quality, eventTimeMs: tick.eventTimeMs }]];
    }),
  );
}
