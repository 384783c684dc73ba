/** What positions are worth, and by which price. */

import { currencyCode } from '#kernel/money';
import { dayOf, type Valuation, type ValuationPrice, valuationOf } from '../domain/valuation.ts';
import type { Context } from './context.ts';
import type { PositionParent } from './parents.ts';
import { moneyOf } from './present.ts';
import type { Resolvers } from './types.generated.ts';

export const valuationResolvers = {
  Position: {
    marketValue: async (position, _args, context) => {
      const { marketValue } = await valued(position, context);
      return marketValue === null ? null : moneyOf(marketValue, position.key.currency);
    },
    unrealizedPnl: async (position, _args, context) => {
      const { marketValue } = await valued(position, context);
      if (marketValue === null) return null;
      return moneyOf(marketValue - position.costBasis, position.key.currency);
    },
    valuationPrice: async (position, _args, context) => {
      const { price } = await valued(position, context);
      return (
        price && {
          price: moneyOf(price.price, currencyCode(price.currency)),
          kind: price.kind,
          date: price.date,
          asOf: price.asOfMs,
          source: price.source,
        }
      );
    },
    valuationGap: async (position, _args, context) => (await valued(position, context)).gap,
  },
} satisfies Resolvers;

/** Loaded once for all fields of a request that ask for it in the same turn. */
async function valued(position: PositionParent, context: Context): Promise<Valuation> {
  const { key, quantity } = position;
  const price = await priceOf(position, context);
  // A price of the day itself is of the units of now, and most are: then there is nothing to ask.
  const isOfToday =
    position.isCurrent && price !== null && dayOf(price) >= context.deps.clock.today();
  const unitsChangedOn =
    price === null || isOfToday || quantity === 0n
      ? null
      : await context.loaders.unitsChangedOn.load(key.text);
  return valuationOf({ quantity, currency: key.currency, price, unitsChangedOn });
}

function priceOf(
  { key: { symbol }, isCurrent, effectiveAt }: PositionParent,
  { loaders }: Context,
): Promise<ValuationPrice | null> {
  return isCurrent
    ? loaders.lastPrice.load(symbol)
    : loaders.closingPrice.load({ symbol, date: effectiveAt });
}
