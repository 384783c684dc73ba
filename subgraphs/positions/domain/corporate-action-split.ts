import type { StockDividend, StockSplit } from './corporate-action.ts';
import {
  exchangedUnits,
  type Outcome,
  payFraction,
  withUnits,
} from './corporate-action-outcome.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import type { TaxLot } from './tax-lot.ts';

/** Other units, the same basis in total: a unit costs more or less than before. */
export function split(
  lots: readonly TaxLot[],
  { cashInLieu, ...ratio }: Pick<StockSplit, 'numerator' | 'denominator' | 'cashInLieu'>,
  method: LotReliefMethod,
): readonly Outcome[] {
  const units = exchangedUnits(lots, ratio);
  const outcomes = lots.map((lot, index): Outcome => {
    return { before: lot, after: withUnits(lot, units[index] ?? 0n), delivered: null, cash: 0n };
  });
  return payFraction(outcomes, 'after', { cashInLieu, method });
}

/** A split in which the old units count as well: the new ones are no income and cost nothing. */
export function stockDividend(
  lots: readonly TaxLot[],
  { numerator, denominator, cashInLieu }: StockDividend,
  method: LotReliefMethod,
): readonly Outcome[] {
  return split(lots, { numerator: numerator + denominator, denominator, cashInLieu }, method);
}
