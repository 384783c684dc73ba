import { byRank } from './lot-relief-heap.ts';
import { compareUnitCost, isShort, type TaxLot } from './tax-lot.ts';

/**
 * Smallest gain first: the highest unit cost of long lots, the lowest proceeds of short ones. The
 * older lot first where they are equal.
 */
export function hifoOrder(openLots: readonly TaxLot[]): Iterable<TaxLot> {
  return byRank(openLots, (a, b) => (isShort(a) ? compareUnitCost(a, b) : compareUnitCost(b, a)));
}
