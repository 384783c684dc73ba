/** What a contract says about the positions under it. */

import { type BusinessDate, businessDate } from '#kernel/business-date';
import type { LotReliefMethod } from './lot-relief.ts';

/** From this day on, until the next period begins. */
export interface MethodPeriod {
  readonly from: BusinessDate;
  readonly method: LotReliefMethod;
}

export interface ContractTerms {
  /** In order of date, never empty; the first holds for all days before it, too. */
  readonly reliefMethods: readonly [MethodPeriod, ...MethodPeriod[]];
  /** A sale of more than is held is refused. */
  readonly isLongOnly: boolean;
  /** US wash sale rules: a loss is put off when the like was bought within 30 days. */
  readonly hasWashSales: boolean;
  /** Trades of earlier days are taken only with a reason; null when no period is closed. */
  readonly booksClosedBefore: BusinessDate | null;
}

/** The method in force on a day, and since when. */
export function methodOn({ reliefMethods }: ContractTerms, date: BusinessDate): MethodPeriod {
  return reliefMethods.findLast(({ from }) => from <= date) ?? reliefMethods[0];
}

/** Of positions outside of contracts. */
export const NO_CONTRACT_TERMS: ContractTerms = {
  reliefMethods: [{ from: businessDate('1900-01-01'), method: 'FIFO' }],
  isLongOnly: false,
  hasWashSales: false,
  booksClosedBefore: null,
};

/** The terms with a day from which on the books are open whatever the contract says. */
export function withBooksClosed(terms: ContractTerms, before: BusinessDate | null): ContractTerms {
  const own = terms.booksClosedBefore;
  if (before === null || (own !== null && own >= before)) return terms;
  return { ...terms, booksClosedBefore: before };
}
