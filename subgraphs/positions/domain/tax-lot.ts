/** Tax lots: the open part of one acquisition, or of one short sale. */

import type { BusinessDate } from '#kernel/business-date';
import { divide } from '#kernel/decimal';
import { type Amount, amount, type Price, price, type Quantity, quantity } from '#kernel/money';

/** Quantity and basis are above zero in a long lot and below in a short one. */
export interface TaxLot {
  /** Unique in the position: the id of the trade that opened the lot. */
  readonly lotId: string;
  readonly openDate: BusinessDate;
  /** Units still open. */
  readonly quantity: Quantity;
  /** What the open units cost, fees included; of a short lot, minus what they brought. */
  readonly costBasis: Amount;
  readonly sourceTradeId: string;
}

/** Basis for one unit, fees included, half-even to 1e-8. For show: the total is what counts. */
export function unitCost(lot: Pick<TaxLot, 'quantity' | 'costBasis'>): Price {
  return price(divide(lot.costBasis, lot.quantity));
}

/** Below zero when a unit of `a` cost less (short: brought less) than one of `b`. Exact. */
export function compareUnitCost(a: TaxLot, b: TaxLot): number {
  // Cross-multiplied, so that no quotient is rounded; both denominators have the sign of the side.
  const difference = a.costBasis * b.quantity - b.costBasis * a.quantity;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isShort(lot: TaxLot): boolean {
  return lot.quantity < 0n;
}

/** All lots as one, under the id and date of the oldest; none for none. */
export function pooled(openLots: readonly TaxLot[]): readonly TaxLot[] {
  const [oldest, ...younger] = openLots;
  if (oldest === undefined || younger.length === 0) return openLots;
  return [
    {
      ...oldest,
      quantity: quantity(openLots.reduce((sum, lot) => sum + lot.quantity, 0n)),
      costBasis: amount(openLots.reduce((sum, lot) => sum + lot.costBasis, 0n)),
    },
  ];
}
