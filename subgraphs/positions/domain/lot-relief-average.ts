import { pooled, type TaxLot } from './tax-lot.ts';

/** Average cost: all lots are one pool, relieved at the mean cost of a unit. */
export function averageOrder(openLots: readonly TaxLot[]): readonly TaxLot[] {
  return pooled(openLots);
}
