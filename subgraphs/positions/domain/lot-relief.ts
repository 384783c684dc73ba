/** Which lots a closing trade takes, and how much of their basis goes with them. */

import { divideHalfEven } from '#kernel/decimal';
import { type Amount, amount, type Quantity, quantity } from '#kernel/money';
import { averageOrder } from './lot-relief-average.ts';
import { fifoOrder } from './lot-relief-fifo.ts';
import { hifoOrder } from './lot-relief-hifo.ts';
import { lifoOrder } from './lot-relief-lifo.ts';
import { lofoOrder } from './lot-relief-lofo.ts';
import type { TaxLot } from './tax-lot.ts';

/** SPECIFIC is not here yet: it takes an election by the user. */
export const LOT_RELIEF_METHODS = ['FIFO', 'LIFO', 'HIFO', 'LOFO', 'AVERAGE'] as const;
export type LotReliefMethod = (typeof LOT_RELIEF_METHODS)[number];

const ORDER_BY_METHOD: Readonly<
  Record<LotReliefMethod, (openLots: readonly TaxLot[]) => readonly TaxLot[]>
> = {
  FIFO: fifoOrder,
  LIFO: lifoOrder,
  HIFO: hifoOrder,
  LOFO: lofoOrder,
  AVERAGE: averageOrder,
};

/** Open lots in the order in which the method relieves them; takes them in order of opening. */
export function inReliefOrder(
  method: LotReliefMethod,
  openLots: readonly TaxLot[],
): readonly TaxLot[] {
  return ORDER_BY_METHOD[method](openLots);
}

export interface LotTaking {
  readonly lot: TaxLot;
  /** Units taken, above zero whichever side the lot has. */
  readonly takenQuantity: Quantity;
  /** Basis that leaves with them; below zero for a short lot. */
  readonly basisOut: Amount;
}

/**
 * Takes up to `wanted` units (above zero) out of the lots; fewer when fewer are open.
 *
 * The basis that leaves a lot is pro rata, half-even to 1e-8, and what is left keeps the rest: the
 * last units take all that remains, so nothing leaks.
 */
export function relieve(
  method: LotReliefMethod,
  openLots: readonly TaxLot[],
  wanted: Quantity,
): readonly LotTaking[] {
  const takings: LotTaking[] = [];
  let left: bigint = wanted;
  for (const lot of inReliefOrder(method, openLots)) {
    if (left === 0n) break;
    const open = lot.quantity < 0n ? 0n - lot.quantity : lot.quantity;
    const taken = left < open ? left : open;
    takings.push({ lot, takenQuantity: quantity(taken), basisOut: basisOf(lot, taken, open) });
    left -= taken;
  }
  return takings;
}

function basisOf(lot: TaxLot, taken: bigint, open: bigint): Amount {
  return taken === open ? lot.costBasis : amount(divideHalfEven(lot.costBasis * taken, open));
}
