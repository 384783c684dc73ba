/** Tax lots: the open part of one acquisition, or of one short sale. */

import type { BusinessDate } from '#kernel/business-date';
import { divide, ZERO } from '#kernel/decimal';
import { type Amount, amount, type Price, price, type Quantity, quantity } from '#kernel/money';

/** Quantity and basis are above zero in a long lot and below in a short one. */
export interface TaxLot {
  /** Unique in the position: the id of the trade that opened the lot. */
  readonly lotId: string;
  /** Grows with opening in the position; lots of one open date keep its order. */
  readonly serial: number;
  readonly openDate: BusinessDate;
  /** Where its holding period starts; before the open date when another lot's time is tacked on. */
  readonly acquiredOn: BusinessDate;
  /** Units still open. */
  readonly quantity: Quantity;
  /** What the open units cost, fees included; of a short lot, minus what they brought. */
  readonly costBasis: Amount;
  /** What price resets have paid on the open units; below zero when they were paid for. */
  readonly settledResets: Amount;
  readonly sourceTradeId: string;
  /** The lot that this one was split from; null for a lot of its own. */
  readonly parentLotId: string | null;
  /** Open units, zero or more, that have taken on the loss of a wash sale: none takes on two. */
  readonly washReplaced: Quantity;
}

/** A lot as its trade opens it: no resets, no parent, no wash sale, held from its open date on. */
export function openedLot(
  opening: Pick<TaxLot, 'lotId' | 'serial' | 'openDate' | 'quantity' | 'costBasis'>,
): TaxLot {
  return {
    lotId: opening.lotId,
    serial: opening.serial,
    openDate: opening.openDate,
    acquiredOn: opening.openDate,
    quantity: opening.quantity,
    costBasis: opening.costBasis,
    settledResets: amount(ZERO),
    sourceTradeId: opening.lotId,
    parentLotId: null,
    washReplaced: quantity(ZERO),
  };
}

/** Basis for one unit, fees included, half-even to 1e-8. For show: the total is what counts. */
export function unitCost(lot: Pick<TaxLot, 'quantity' | 'costBasis'>): Price {
  return price(divide(lot.costBasis, lot.quantity));
}

/** What a relief sets against proceeds: the basis, and what price resets have already paid. */
export function carryingBasis(lot: Pick<TaxLot, 'costBasis' | 'settledResets'>): Amount {
  return amount(lot.costBasis + lot.settledResets);
}

/**
 * Below zero when a unit of `a` cost less (short: brought less) than one of `b`, with what price
 * resets have paid on it counted. Exact.
 */
export function compareUnitCost(a: TaxLot, b: TaxLot): number {
  // Cross-multiplied, so that no quotient is rounded; both denominators have the sign of the side.
  const difference = carryingBasis(a) * b.quantity - carryingBasis(b) * a.quantity;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isShort(lot: Pick<TaxLot, 'quantity'>): boolean {
  return lot.quantity < 0n;
}

/** Units still open, above zero whichever side the lot has. */
export function openUnits(lot: Pick<TaxLot, 'quantity'>): bigint {
  return lot.quantity < 0n ? 0n - lot.quantity : lot.quantity;
}

/** All lots as one, under the id and dates of the oldest; none for none. */
export function pooled(openLots: readonly TaxLot[]): readonly TaxLot[] {
  const [oldest, ...younger] = openLots;
  if (oldest === undefined || younger.length === 0) return openLots;
  return [
    {
      ...oldest,
      quantity: quantity(openLots.reduce((sum, lot) => sum + lot.quantity, 0n)),
      costBasis: amount(openLots.reduce((sum, lot) => sum + lot.costBasis, 0n)),
      settledResets: amount(openLots.reduce((sum, lot) => sum + lot.settledResets, 0n)),
      washReplaced: quantity(openLots.reduce((sum, lot) => sum + lot.washReplaced, 0n)),
    },
  ];
}
