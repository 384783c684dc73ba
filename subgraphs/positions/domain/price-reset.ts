/** Price resets of return swaps: the gain so far is paid, and the lots go on from the new price. */

import { type Amount, amount, notional, type Price } from '#kernel/money';
import { carryingBasis, type TaxLot } from './tax-lot.ts';

export interface LotReset {
  readonly lotId: string;
  /** Cash for the lot: above zero when it is received. */
  readonly settlement: Amount;
}

export interface ResetLots {
  /** Units, cost basis and dates as before; only what resets have paid has changed. */
  readonly lots: readonly TaxLot[];
  readonly perLot: readonly LotReset[];
  /** Sum over the lots; realized with the reset. */
  readonly settlement: Amount;
}

/**
 * Sets the reference price of all lots to `resetPrice`, in the lots' currency.
 *
 * A lot pays quantity x (resetPrice - reference price), which is its value at the reset price,
 * rounded half-even once to 1e-8, less its carrying basis. So before the first reset the reference
 * price is the unit cost, fees included, and over the life of a lot nothing leaks: what resets
 * paid and what its relief gains add up to proceeds less cost.
 */
export function resetLots(openLots: readonly TaxLot[], resetPrice: Price): ResetLots {
  const perLot = openLots.map((lot): LotReset => {
    const value = notional(resetPrice, lot.quantity);
    return { lotId: lot.lotId, settlement: amount(value - carryingBasis(lot)) };
  });
  return {
    lots: afterReset(openLots, perLot),
    perLot,
    settlement: amount(perLot.reduce((sum, { settlement }) => sum + settlement, 0n)),
  };
}

/** The lots after a reset that is on record. */
export function afterReset(
  openLots: readonly TaxLot[],
  perLot: readonly LotReset[],
): readonly TaxLot[] {
  const settlements = new Map(perLot.map(({ lotId, settlement }) => [lotId, settlement]));
  return openLots.map((lot) => {
    const settlement = settlements.get(lot.lotId);
    if (settlement === undefined) return lot;
    return { ...lot, settledResets: amount(lot.settledResets + settlement) };
  });
}
