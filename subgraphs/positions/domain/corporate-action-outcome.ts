/** What becomes of single lots in a corporate action: shared by the kinds of action. */

import { divideHalfEven } from '#kernel/decimal';
import { amount, notional, type Price, quantity } from '#kernel/money';
import type { CashInLieu, UnitRatio } from './corporate-action.ts';
import { afterTaking, inReliefOrder, type LotReliefMethod, takeInOrder } from './lot-relief.ts';
import type { TaxLot } from './tax-lot.ts';

/** Of one lot, all as if it were long; the realized gain follows from the other figures. */
export interface Outcome {
  readonly before: TaxLot;
  /** Null: closed or delivered. */
  readonly after: TaxLot | null;
  /** Goes on under another instrument; null: nothing does. */
  readonly delivered: TaxLot | null;
  readonly cash: bigint;
}

/** The lot times `sign`: -1n makes a short lot long, and a long one short. */
export function inUnits(lot: TaxLot, sign: bigint): TaxLot {
  if (sign === 1n) return lot;
  return {
    ...lot,
    quantity: quantity(-lot.quantity),
    costBasis: amount(-lot.costBasis),
    settledResets: amount(-lot.settledResets),
  };
}

/**
 * Shares of a total that is pro rata to the lots' units: the total is rounded once, by `round`, and
 * so is each running total, so that the shares sum to the rounded total and none is off by more
 * than one unit of 1e-8.
 */
export function sharesOf(
  lots: readonly TaxLot[],
  round: (units: bigint) => bigint,
): readonly bigint[] {
  let unitsBefore = 0n;
  let sharedBefore = 0n;
  return lots.map((lot) => {
    unitsBefore += lot.quantity;
    const shared = round(unitsBefore);
    const share = shared - sharedBefore;
    sharedBefore = shared;
    return share;
  });
}

/** Units for units, rounded down to 1e-8 over all lots: nobody delivers less than that. */
export function exchangedUnits(lots: readonly TaxLot[], ratio: UnitRatio): readonly bigint[] {
  return sharesOf(lots, (units) => (units * ratio.numerator) / ratio.denominator);
}

/** Cash for the units, rounded half-even to 1e-8 over all lots. */
export function cashFor(lots: readonly TaxLot[], perUnit: Price): readonly bigint[] {
  return sharesOf(lots, (units) => notional(perUnit, quantity(units)));
}

/** The lot with other units and the same basis; null with none. Replacements stay in proportion. */
export function withUnits(lot: TaxLot, units: bigint): TaxLot | null {
  if (units === 0n) return null;
  return {
    ...lot,
    quantity: quantity(units),
    washReplaced: quantity(divideHalfEven(lot.washReplaced * units, lot.quantity)),
  };
}

/**
 * Pays cash for the units of the lots `in` (what is left, or what is delivered) that do not fill a
 * lot size over the whole position; whose units they are, the relief method says.
 */
export function payFraction(
  outcomes: readonly Outcome[],
  where: 'after' | 'delivered',
  { cashInLieu, method }: { cashInLieu: CashInLieu | null; method: LotReliefMethod },
): readonly Outcome[] {
  const lots = outcomes.flatMap((outcome) => outcome[where] ?? []);
  const units = lots.reduce((sum, lot) => sum + lot.quantity, 0n);
  if (cashInLieu === null || cashInLieu.lotSize <= 0n) return outcomes;
  const fraction = units % cashInLieu.lotSize;
  if (fraction === 0n) return outcomes;
  const takings = takeInOrder(inReliefOrder(method, lots), fraction);
  let unitsPaid = 0n;
  let cashPaid = 0n;
  const paidByLot = new Map(
    takings.map((taking) => {
      unitsPaid += taking.takenQuantity;
      const upToHere = notional(cashInLieu.price, quantity(unitsPaid));
      const cash = upToHere - cashPaid;
      cashPaid = upToHere;
      return [taking.lot.lotId, { taking, cash }];
    }),
  );
  return outcomes.map((outcome) => {
    const lot = outcome[where];
    const paid = lot === null ? undefined : paidByLot.get(lot.lotId);
    if (lot === null || paid === undefined) return outcome;
    return {
      ...outcome,
      [where]: afterTaking(lot, paid.taking),
      cash: outcome.cash + paid.cash,
    };
  });
}
