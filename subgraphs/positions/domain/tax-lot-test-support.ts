/** Lots for tests of the lot kernels. */

import { type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { amount, quantity } from '#kernel/money';
import { openedLot, type TaxLot } from './tax-lot.ts';

/** `lot('L1', '2026-01-05', '100', '5005')`: id, open date, units, total basis. */
export function lot(
  lotId: string,
  openDate: string,
  units: string,
  costBasis: string,
  changes: Partial<TaxLot> = {},
): TaxLot {
  const opened = openedLot({
    lotId,
    serial: Number(lotId.replace(/\D/g, '') || '0'),
    openDate: businessDate(openDate),
    quantity: quantity(decimal(units)),
    costBasis: amount(decimal(costBasis)),
  });
  return { ...opened, ...changes };
}

/** `L1 100 = 5005` for every lot. */
export function shown(lots: readonly TaxLot[]): readonly string[] {
  return lots.map(({ lotId, quantity: units, costBasis }) => {
    return `${lotId} ${formatDecimal(units)} = ${formatDecimal(costBasis)}`;
  });
}

export const units = (text: string) => quantity(decimal(text));
export const money = (text: string) => amount(decimal(text));
export const date = (text: string): BusinessDate => businessDate(text);

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, each) => total + each, 0n);
}
