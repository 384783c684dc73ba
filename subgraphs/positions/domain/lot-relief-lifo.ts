import type { TaxLot } from './tax-lot.ts';

/** Last in, first out: the newest lot first, also among lots of one day. */
export function* lifoOrder(openLots: readonly TaxLot[]): Iterable<TaxLot> {
  for (let index = openLots.length - 1; index >= 0; index -= 1) {
    const lot = openLots[index];
    if (lot !== undefined) yield lot;
  }
}
