import { divideHalfEven } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import type { SpinOff } from './corporate-action.ts';
import { exchangedUnits, type Outcome, payFraction } from './corporate-action-outcome.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import type { TaxLot } from './tax-lot.ts';

/**
 * Divides the basis of every lot between parent and child by their market values; both keep its
 * dates. The child's part is rounded half-even to 1e-8, the parent keeps the rest. A lot too small
 * for any unit of the child keeps its whole basis.
 */
export function spinOff(
  lots: readonly TaxLot[],
  action: SpinOff,
  method: LotReliefMethod,
): readonly Outcome[] {
  const units = exchangedUnits(lots, action);
  const childValue = action.childPrice * action.numerator;
  const value = action.parentPrice * action.denominator + childValue;
  const childPart = (total: bigint): bigint =>
    value === 0n ? 0n : divideHalfEven(total * childValue, value);

  const outcomes = lots.map((lot, index): Outcome => {
    const childUnits = units[index] ?? 0n;
    if (childUnits === 0n) return { before: lot, after: lot, delivered: null, cash: 0n };
    const child: TaxLot = {
      ...lot,
      // Another id than the parent's: the two lots live on side by side.
      lotId: `${lot.lotId}@${action.actionId}`,
      parentLotId: lot.lotId,
      quantity: quantity(childUnits),
      costBasis: amount(childPart(lot.costBasis)),
      settledResets: amount(childPart(lot.settledResets)),
      washReplaced: quantity(0n),
    };
    const parent: TaxLot = {
      ...lot,
      costBasis: amount(lot.costBasis - child.costBasis),
      settledResets: amount(lot.settledResets - child.settledResets),
    };
    return { before: lot, after: parent, delivered: child, cash: 0n };
  });
  return payFraction(outcomes, 'delivered', { cashInLieu: action.cashInLieu, method });
}
