import type { TaxLot } from './tax-lot.ts';

/** Last in, first out: the newest lot first, also among lots of one day. */
export function lifoOrder(openLots: readonly TaxLot[]): readonly TaxLot[] {
  return [...openLots].reverse();
}
