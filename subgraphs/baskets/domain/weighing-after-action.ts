/** What a corporate action leaves of the inputs of the weights. */

import { divideHalfEven } from '#kernel/decimal';
import { type Quantity, quantity } from '#kernel/money';
import type { WeighedName, Weighing } from './weighing.ts';

/**
 * After a corporate action: shares follow the units, which are in proportion to them; a name that
 * joined has its parent's free float and score.
 */
export function weighingAfterAction(
  { weighing, base, constituents }: FormerWeighing,
  next: { readonly base: Units; readonly symbols: readonly string[]; readonly about: string },
): Weighing | null {
  if (weighing === null || base === null) return weighing;
  const unitsBefore = new Map(constituents.map(({ symbol }, at) => [symbol, base.units[at]]));
  const known = new Map(weighing.names.map((each) => [each.symbol, each]));
  const isSame = next.symbols.join() === constituents.map(({ symbol }) => symbol).join();
  const names = next.symbols.map((symbol, at): WeighedName => {
    const origin = known.has(symbol) ? symbol : next.about;
    const former = known.get(origin);
    const before = unitsBefore.get(origin);
    const after = next.base.units[at];
    const shares = former?.sharesNow ?? null;
    const sharesNow =
      shares === null || before === undefined || before === 0n || after === undefined
        ? shares
        : quantity(divideHalfEven(shares * after, before));
    // Weights that were given are others when names left or joined.
    const given = isSame ? (former?.weight ?? null) : null;
    const kept = { ...(former ?? UNKNOWN), weight: given, sharesNow };
    if (origin === symbol) return kept;
    // What was known on the day of the weights was known of the parent.
    return { ...kept, symbol, price: null, priceDate: null, fx: null, sharesOutstanding: null };
  });
  return { ...weighing, names };
}

interface Units {
  readonly units: readonly Quantity[];
}

interface FormerWeighing {
  readonly weighing: Weighing | null;
  readonly base: Units | null;
  readonly constituents: readonly { readonly symbol: string }[];
}

const UNKNOWN: WeighedName = {
  symbol: '',
  weight: null,
  price: null,
  priceDate: null,
  fx: null,
  sharesOutstanding: null,
  freeFloat: null,
  fundamental: null,
  factorScore: null,
  volatility: null,
  sharesNow: null,
};
