import { byRank } from './lot-relief-heap.ts';
import { compareUnitCost, isShort, type TaxLot } from './tax-lot.ts';

/**
 * Largest gain first: the lowest unit cost of long lots, the highest proceeds of short ones. The
 * older lot first where they are equal.
 */
export function lofoOrder(openLots: readonly TaxLot[]): Iterable<TaxLot> {
  return byRank(openLots, (a, b) => (isShort(a) ? compareUnitCost(b, a) : compareUnitCost(a, b)));
}
