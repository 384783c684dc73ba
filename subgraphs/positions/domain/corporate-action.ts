/** Corporate actions: their terms, and the trail they leave in the lots. */

import type { BusinessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import type { Amount, Price, Quantity } from '#kernel/money';
import type { TaxLot } from './tax-lot.ts';

/** An exact fraction: numerator new units for denominator old ones, both above zero. */
export interface UnitRatio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Units that are not a multiple of the lot size are paid out instead of delivered. */
export interface CashInLieu {
  /** Smallest number of units that is delivered, such as 1. */
  readonly lotSize: Quantity;
  /** Paid for one unit. */
  readonly price: Price;
}

interface ActionTerms {
  readonly actionId: string;
  readonly effectiveDate: BusinessDate;
}

/** 3:2 is numerator 3, denominator 2; a reverse split 1:10 is numerator 1, denominator 10. */
export interface StockSplit extends ActionTerms, UnitRatio {
  readonly type: 'SPLIT';
  /** Null: fractions stay, rounded down to 1e-8 of a unit over the whole position. */
  readonly cashInLieu: CashInLieu | null;
}

/** New units on top of the old ones: 10 % is numerator 1, denominator 10. */
export interface StockDividend extends ActionTerms, UnitRatio {
  readonly type: 'STOCK_DIVIDEND';
  readonly cashInLieu: CashInLieu | null;
}

/** Numerator units of the child for denominator units of the parent, which stay. */
export interface SpinOff extends ActionTerms, UnitRatio {
  readonly type: 'SPIN_OFF';
  readonly childInstrumentId: string;
  /** Of one unit after the action: the two divide the basis. At least one is above zero. */
  readonly parentPrice: Price;
  readonly childPrice: Price;
  readonly cashInLieu: CashInLieu | null;
}

/** Numerator units of the acquirer, and cash, for denominator units, which are gone. */
export interface StockMerger extends ActionTerms, UnitRatio {
  readonly type: 'MERGER';
  readonly acquirerInstrumentId: string;
  /** Market price of one unit of the acquirer. */
  readonly acquirerPrice: Price;
  /** For one old unit; zero when there is none. */
  readonly cashPerUnit: Price;
  readonly cashInLieu: CashInLieu | null;
}

/** A merger for cash alone, or a liquidation. */
export interface CashMerger extends ActionTerms {
  readonly type: 'CASH_MERGER';
  readonly cashPerUnit: Price;
}

export interface ReturnOfCapital extends ActionTerms {
  readonly type: 'RETURN_OF_CAPITAL';
  readonly cashPerUnit: Price;
}

/** The same lots under another instrument id. */
export interface SymbolChange extends ActionTerms {
  readonly type: 'SYMBOL_CHANGE';
  readonly newInstrumentId: string;
}

export type CorporateAction =
  StockSplit | StockDividend | SpinOff | StockMerger | CashMerger | ReturnOfCapital | SymbolChange;

export const CORPORATE_ACTION_TYPES = [
  'SPLIT',
  'STOCK_DIVIDEND',
  'SPIN_OFF',
  'MERGER',
  'CASH_MERGER',
  'RETURN_OF_CAPITAL',
  'SYMBOL_CHANGE',
] as const satisfies readonly CorporateAction['type'][];

/** What a corporate action changes in a lot. */
export type LotFigures = Pick<TaxLot, 'quantity' | 'costBasis' | 'settledResets' | 'washReplaced'>;

/** The trail of a corporate action down to one lot. */
export interface ActedLot {
  readonly lotId: string;
  readonly before: LotFigures;
  /** Null: nothing is left under this instrument. */
  readonly after: LotFigures | null;
  /** Received for the lot and what it delivered, cash in lieu counted; below zero when paid. */
  readonly cash: Amount;
  /** Realized: cash + carrying basis left and delivered - carrying basis before, exactly. */
  readonly gain: Amount;
}

/** Lots that go on under another instrument. */
export interface DeliveredLots {
  readonly instrumentId: string;
  /** With basis and dates; the position that receives them gives the serials. */
  readonly lots: readonly TaxLot[];
}

/**
 * What is wrong with the terms, or undefined: ratios, lot sizes and prices in lieu above zero,
 * other prices zero or more, a spin-off with some value to divide the basis by.
 */
export function corporateActionProblem(action: CorporateAction): string | undefined {
  if ('numerator' in action && (action.numerator <= 0n || action.denominator <= 0n)) {
    const found = `${action.numerator}:${action.denominator}`;
    return `ratio: expected numerator and denominator above 0, was ${found}`;
  }
  if ('cashInLieu' in action && action.cashInLieu !== null) {
    const { lotSize, price } = action.cashInLieu;
    if (lotSize <= 0n) {
      return `cashInLieu.lotSize: expected above 0, was ${formatDecimal(lotSize)}`;
    }
    if (price <= 0n) return `cashInLieu.price: expected above 0, was ${formatDecimal(price)}`;
  }
  if ('cashPerUnit' in action && action.cashPerUnit < 0n) {
    return `cashPerUnit: expected 0 or more, was ${formatDecimal(action.cashPerUnit)}`;
  }
  if (action.type === 'MERGER' && action.acquirerPrice < 0n) {
    return `acquirerPrice: expected 0 or more, was ${formatDecimal(action.acquirerPrice)}`;
  }
  if (action.type === 'SPIN_OFF') {
    const { parentPrice, childPrice } = action;
    if (parentPrice < 0n || childPrice < 0n || parentPrice + childPrice === 0n) {
      const found = `${formatDecimal(parentPrice)} and ${formatDecimal(childPrice)}`;
      return `parentPrice and childPrice: expected 0 or more and not both 0, were ${found}`;
    }
  }
  return undefined;
}
