/**
 * Open lots kept sorted by unit cost while a long history is replayed: each sale finds its lots at
 * one end, instead of looking through all of them.
 */

import type { LotReliefMethod } from './lot-relief.ts';
import { compareUnitCost, isShort, type TaxLot } from './tax-lot.ts';

export type RankedMethod = Extract<LotReliefMethod, 'HIFO' | 'LOFO'>;

export interface LotRanking {
  readonly method: RankedMethod;
  /** Changed in place. The first to be relieved stands last, where it is taken off cheaply. */
  readonly lots: TaxLot[];
}

/**
 * Null when lots share a day and a serial, as the parts of one split by a wash sale do: of equal
 * cost they are relieved in the order of the position, which the lots alone do not tell.
 */
export function rankLots(method: RankedMethod, lots: readonly TaxLot[]): LotRanking | null {
  // Lots of one serial stand side by side.
  const isShared = lots.some((lot, index) => {
    const next = lots[index + 1];
    return next !== undefined && next.serial === lot.serial && next.openDate === lot.openDate;
  });
  return isShared ? null : { method, lots: lots.toSorted((a, b) => compare(method, b, a)) };
}

export function* inRankOrder({ lots }: LotRanking): Iterable<TaxLot> {
  for (let index = lots.length - 1; index >= 0; index -= 1) {
    const lot = lots[index];
    if (lot !== undefined) yield lot;
  }
}

export function addRanked({ method, lots }: LotRanking, lot: TaxLot): void {
  lots.splice(placeFor(method, lots, lot), 0, lot);
}

/** The lot as it stands in the ranking. */
export function removeRanked({ method, lots }: LotRanking, lot: TaxLot): void {
  if (lots.at(-1) === lot) lots.pop();
  else lots.splice(placeFor(method, lots, lot), 1);
}

/** Of the first lot in the list that is relieved no later than this one. */
function placeFor(method: RankedMethod, lots: readonly TaxLot[], lot: TaxLot): number {
  let low = 0;
  let high = lots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = lots[middle];
    if (other !== undefined && compare(method, other, lot) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** As lot-relief-hifo and lot-relief-lofo have it; of equal ones the older is relieved first. */
function compare(method: RankedMethod, a: TaxLot, b: TaxLot): number {
  const isHighestFirst = (method === 'HIFO') !== isShort(a);
  const byCost = isHighestFirst ? compareUnitCost(b, a) : compareUnitCost(a, b);
  if (byCost !== 0) return byCost;
  return a.openDate === b.openDate ? a.serial - b.serial : a.openDate < b.openDate ? -1 : 1;
}
