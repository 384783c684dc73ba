import { compareUnitCost, isShort, type TaxLot } from './tax-lot.ts';

/**
 * Largest gain first: the lowest unit cost of long lots, the highest proceeds of short ones. The
 * older lot first where they are equal (the sort is stable).
 */
export function lofoOrder(openLots: readonly TaxLot[]): readonly TaxLot[] {
  return [...openLots].sort((a, b) => (isShort(a) ? compareUnitCost(b, a) : compareUnitCost(a, b)));
}
