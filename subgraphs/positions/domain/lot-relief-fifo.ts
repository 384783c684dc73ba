import type { TaxLot } from './tax-lot.ts';

/** First in, first out: the oldest lot first. Takes lots in the order in which they opened. */
export function fifoOrder(openLots: readonly TaxLot[]): Iterable<TaxLot> {
  return openLots;
}
