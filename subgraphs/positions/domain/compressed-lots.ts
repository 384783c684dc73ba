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
  /** Left out while every lot's serial is its index. */
  readonly serials?: readonly number[];
  /** Left out while every lot's id is the id of its trade. */
  readonly trades?: readonly string[];
  /** Tax dates; left out while every lot has its open date. */
  readonly acquired?: readonly string[];
  /** Left out while no price reset has paid. */
  readonly resets?: readonly string[];
  /** Left out while no lot was split from another; null for those that were not. */
  readonly parents?: readonly (string | null)[];
  /** Left out while no lot has taken on a wash sale. */
  readonly washed?: readonly string[];
}

export function compressLots(lots: readonly TaxLot[]): CompressedLots {
  return {
    ids: lots.map((lot) => lot.lotId),
    dates: lots.map((lot) => lot.openDate),
    quantities: lots.map((lot) => formatDecimal(lot.quantity)),
    bases: lots.map((lot) => formatDecimal(lot.costBasis)),
    ...(lots.every((lot, index) => lot.serial === index)
      ? {}
      : { serials: lots.map((lot) => lot.serial) }),
    ...(lots.every((lot) => lot.sourceTradeId === lot.lotId)
      ? {}
      : { trades: lots.map((lot) => lot.sourceTradeId) }),
    ...(lots.every((lot) => lot.acquiredOn === lot.openDate)
      ? {}
      : { acquired: lots.map((lot) => lot.acquiredOn) }),
    ...(lots.every((lot) => lot.settledResets === 0n)
      ? {}
      : { resets: lots.map((lot) => formatDecimal(lot.settledResets)) }),
    ...(lots.every((lot) => lot.parentLotId === null)
      ? {}
      : { parents: lots.map((lot) => lot.parentLotId) }),
    ...(lots.every((lot) => lot.washReplaced === 0n)
      ? {}
      : { washed: lots.map((lot) => formatDecimal(lot.washReplaced)) }),
  };
}

/**
 * Throws on arrays of unequal length or unreadable text: the stored lots are damaged then. What is
 * left out is at its default, so the forms of earlier releases stay readable.
 */
export function inflateLots(compressed: CompressedLots): readonly TaxLot[] {
  const { ids, dates, quantities, bases, serials, trades, acquired, resets, parents, washed } =
    compressed;
  const given = [dates, quantities, bases, serials, trades, acquired, resets, parents, washed];
  const lengths = given.flatMap((each) => (each === undefined ? [] : [each.length]));
  if (lengths.some((length) => length !== ids.length)) {
    throw new RangeError(`expected arrays of ${ids.length} lots, were ${lengths.join(', ')}`);
  }
  return ids.map((lotId, index): TaxLot => {
    const openDate = dateAt(dates, index);
    return {
      lotId,
      serial: serials?.[index] ?? index,
      openDate,
      acquiredOn: acquired === undefined ? openDate : dateAt(acquired, index),
      quantity: quantity(decimal(quantities[index] ?? '')),
      costBasis: amount(decimal(bases[index] ?? '')),
      settledResets: amount(decimal(resets?.[index] ?? '0')),
      sourceTradeId: trades?.[index] ?? lotId,
      parentLotId: parents?.[index] ?? null,
      washReplaced: quantity(decimal(washed?.[index] ?? '0')),
    };
  });
}

function dateAt(dates: readonly string[], index: number): BusinessDate {
  return businessDate(dates[index] ?? '');
}
