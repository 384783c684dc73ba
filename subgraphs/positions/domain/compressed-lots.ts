/** Lots as parallel arrays of text: how they are stored, smaller than a list of objects. */

import { type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import type { TaxLot } from './tax-lot.ts';

/** Equal lengths; index i of every array is of lot i, in the order of the position's lots. */
export interface CompressedLots {
  readonly ids: readonly string[];
  readonly dates: readonly string[];
  readonly quantities: readonly string[];
  readonly bases: readonly string[];
  /** Left out while every lot's id is the id of its trade. */
  readonly trades?: readonly string[];
}

export function compressLots(lots: readonly TaxLot[]): CompressedLots {
  return {
    ids: lots.map((lot) => lot.lotId),
    dates: lots.map((lot) => lot.openDate),
    quantities: lots.map((lot) => formatDecimal(lot.quantity)),
    bases: lots.map((lot) => formatDecimal(lot.costBasis)),
    ...(lots.every((lot) => lot.sourceTradeId === lot.lotId)
      ? {}
      : { trades: lots.map((lot) => lot.sourceTradeId) }),
  };
}

/** Throws on arrays of unequal length or unreadable text: the stored lots are damaged then. */
export function inflateLots(compressed: CompressedLots): readonly TaxLot[] {
  const { ids, dates, quantities, bases, trades = ids } = compressed;
  const lengths = [dates, quantities, bases, trades].map((each) => each.length);
  if (lengths.some((length) => length !== ids.length)) {
    throw new RangeError(`expected arrays of ${ids.length} lots, were ${lengths.join(', ')}`);
  }
  return ids.map((lotId, index): TaxLot => {
    return {
      lotId,
      openDate: dateAt(dates, index),
      quantity: quantity(decimal(quantities[index] ?? '')),
      costBasis: amount(decimal(bases[index] ?? '')),
      sourceTradeId: trades[index] ?? lotId,
    };
  });
}

function dateAt(dates: readonly string[], index: number): BusinessDate {
  return businessDate(dates[index] ?? '');
}
