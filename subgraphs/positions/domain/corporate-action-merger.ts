import { divideHalfEven, DECIMAL_UNIT } from '#kernel/decimal';
import { amount } from '#kernel/money';
import type { CashMerger, StockMerger } from './corporate-action.ts';
import {
  cashFor,
  exchangedUnits,
  type Outcome,
  payFraction,
  withUnits,
} from './corporate-action-outcome.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { carryingBasis, type TaxLot } from './tax-lot.ts';

/**
 * Stock and cash for the old units (US IRC 356): of the gain at market value only what came as cash
 * is recognized, and never a loss. New basis = old - cash + recognized; dates carry.
 */
export function mergeForStock(
  lots: readonly TaxLot[],
  action: StockMerger,
  method: LotReliefMethod,
): readonly Outcome[] {
  const units = exchangedUnits(lots, action);
  const cash = cashFor(lots, action.cashPerUnit);
  const outcomes = lots.map((lot, index): Outcome => {
    const received = cash[index] ?? 0n;
    const stockValue = divideHalfEven(
      action.acquirerPrice * lot.quantity * action.numerator,
      action.denominator * DECIMAL_UNIT,
    );
    const gain = stockValue + received - carryingBasis(lot);
    const recognized = gain < 0n ? 0n : gain < received ? gain : received;
    const exchanged = withUnits(lot, units[index] ?? 0n);
    const delivered =
      exchanged === null
        ? null
        : { ...exchanged, costBasis: amount(lot.costBasis - received + recognized) };
    return { before: lot, after: null, delivered, cash: received };
  });
  return payFraction(outcomes, 'delivered', { cashInLieu: action.cashInLieu, method });
}

/** Closes all lots at the price. */
export function mergeForCash(
  lots: readonly TaxLot[],
  { cashPerUnit }: CashMerger,
): readonly Outcome[] {
  const cash = cashFor(lots, cashPerUnit);
  return lots.map((lot, index): Outcome => {
    return { before: lot, after: null, delivered: null, cash: cash[index] ?? 0n };
  });
}
