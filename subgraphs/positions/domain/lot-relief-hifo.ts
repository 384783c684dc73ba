import { compareUnitCost, isShort, type TaxLot } from './tax-lot.ts';

/**
 * Smallest gain first: the highest unit cost of long lots, the lowest proceeds of short ones. The
 * older lot first where they are equal (the sort is stable).
 */
export function hifoOrder(openLots: readonly TaxLot[]): readonly TaxLot[] {
  return [...openLots].sort((a, b) => (isShort(a) ? compareUnitCost(a, b) : compareUnitCost(b, a)));
}
