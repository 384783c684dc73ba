import { amount } from '#kernel/money';
import type { ReturnOfCapital } from './corporate-action.ts';
import { cashFor, type Outcome } from './corporate-action-outcome.ts';
import { carryingBasis, type TaxLot } from './tax-lot.ts';

/** Cash lowers the basis down to zero, lot by lot; what is beyond is a gain. */
export function returnCapital(
  lots: readonly TaxLot[],
  { cashPerUnit }: ReturnOfCapital,
): readonly Outcome[] {
  const cash = cashFor(lots, cashPerUnit);
  return lots.map((lot, index): Outcome => {
    const received = cash[index] ?? 0n;
    const basis = carryingBasis(lot) < 0n ? 0n : carryingBasis(lot);
    const lowered = received < basis ? received : basis;
    const after = { ...lot, costBasis: amount(lot.costBasis - lowered) };
    return { before: lot, after, delivered: null, cash: received };
  });
}
