/** What a position is worth, and by which price. */

import { type Amount, amount, notional, type Price, type Quantity } from '#kernel/money';
import { type BusinessDate, utcDateOf } from '#kernel/business-date';
import type { CorporateAction } from './corporate-action.ts';

/** Calendar days before the day asked for: weekends and holidays, no suspended trading. */
export const MAX_CLOSE_AGE_DAYS = 7;

export const VALUATION_PRICE_KINDS = ['LAST_PRICE', 'DAILY_CLOSE'] as const;

export interface ValuationPrice {
  readonly kind: (typeof VALUATION_PRICE_KINDS)[number];
  readonly price: Price;
  readonly currency: string;
  /** Of the close; null for a last price. */
  readonly date: BusinessDate | null;
  /** When the price was made; null for a close. */
  readonly asOfMs: number | null;
  /** Who told it. */
  readonly source: string;
}

/** Why a position has no market value. In order of precedence. */
export const VALUATION_GAPS = ['NO_PRICE', 'OTHER_CURRENCY', 'LATER_CORPORATE_ACTION'] as const;
export type ValuationGap = (typeof VALUATION_GAPS)[number];

export type Valuation =
  | {
      readonly price: ValuationPrice | null;
      readonly marketValue: Amount;
      readonly gap: null;
    }
  | {
      readonly price: ValuationPrice | null;
      readonly marketValue: null;
      readonly gap: ValuationGap;
    };

export interface ValuationFacts {
  readonly quantity: Quantity;
  readonly currency: string;
  readonly price: ValuationPrice | null;
  /** Newest day of a corporate action that changed what one unit is; null when there was none. */
  readonly unitsChangedOn: BusinessDate | null;
}

/**
 * quantity x price, half-even to 1e-8; zero for a flat position, whatever the price.
 *
 * Files of closes are adjusted for splits up to their end, while units are those of the day asked
 * for: across an action that changes what one unit is, the product is wrong by its ratio. So a
 * price of a day before such an action of the position, whenever that became known, values nothing.
 */
export function valuationOf(facts: ValuationFacts): Valuation {
  const { quantity: units, currency, price, unitsChangedOn } = facts;
  if (units === 0n) return { price, marketValue: amount(0n), gap: null };
  const gap = gapOf(price, currency, unitsChangedOn);
  if (price === null || gap !== null) {
    return { price, marketValue: null, gap: gap ?? 'NO_PRICE' };
  }
  return { price, marketValue: notional(price.price, units), gap: null };
}

function gapOf(
  price: ValuationPrice | null,
  currency: string,
  unitsChangedOn: BusinessDate | null,
): ValuationGap | null {
  if (price === null) return 'NO_PRICE';
  if (price.currency !== currency) return 'OTHER_CURRENCY';
  if (unitsChangedOn === null || unitsChangedOn <= dayOf(price)) return null;
  return 'LATER_CORPORATE_ACTION';
}

/** The business date a price is of. */
export function dayOf({ date, asOfMs }: ValuationPrice): BusinessDate {
  return date ?? utcDateOf(asOfMs ?? 0);
}

/** Types after which a unit is another one, so that earlier closes are divided. */
export const UNIT_CHANGING_ACTIONS = [
  'SPLIT',
  'STOCK_DIVIDEND',
  'SPIN_OFF',
] as const satisfies readonly CorporateAction['type'][];
