/** Corporate actions as they are announced for a name, before any index has worked them in. */

import { type BusinessDate, startOfUtcDay } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { type Price, price } from '#kernel/money';
import {
  type CorporateAction,
  type CorporateActionOf,
  exPrice,
  type IndexMethod,
} from './corporate-action-index.ts';
import type { WeightingScheme } from './weighting-schemes.ts';

export const ANNOUNCED_KINDS = [
  'SPLIT',
  'SPECIAL_DIVIDEND',
  'RIGHTS',
  'SPIN_OFF',
  'DELETE',
  'MERGER_FOR_CASH',
  'MERGER_FOR_STOCK',
] as const;
export type AnnouncedKind = (typeof ANNOUNCED_KINDS)[number];

type SpinOff = CorporateActionOf<'SPIN_OFF'>;

/** The exchange rate of a child is found when the action is worked in. */
export type AnnouncedTerms =
  | CorporateActionOf<Exclude<AnnouncedKind, 'SPIN_OFF'>>
  | (Omit<SpinOff, 'child'> & { readonly child: Pick<SpinOff['child'], 'symbol'> });

export interface AnnouncedAction {
  readonly actionId: string;
  /** First day on which the name trades without what the action gives. */
  readonly exDate: BusinessDate;
  readonly terms: AnnouncedTerms;
}

/**
 * Capitalisation schemes hold shares in proportion to those outstanding, capped or not; the others
 * hold units whose weights an action shall not move.
 */
export const METHOD_OF: Readonly<Record<WeightingScheme, IndexMethod>> = {
  EQUAL: 'UNITS',
  FIXED: 'UNITS',
  MARKET_CAP: 'CAPITALISATION',
  FLOAT_CAP: 'CAPITALISATION',
  PRICE: 'PRICE',
  FUNDAMENTAL: 'UNITS',
  FACTOR_SCORE: 'CAPITALISATION',
  INVERSE_VOLATILITY: 'UNITS',
};

/** Why the terms make no sense whatever the index; undefined when they do. */
export function termsFault(terms: AnnouncedTerms): string | undefined {
  const counts = [
    'newShares' in terms ? terms.newShares : 1n,
    'oldShares' in terms ? terms.oldShares : 1n,
    'perShares' in terms ? terms.perShares : 1n,
    'childShares' in terms ? terms.childShares : 1n,
    'parentShares' in terms ? terms.parentShares : 1n,
  ];
  if (counts.some((each) => each <= 0n)) return 'numbers of shares are above 0';
  const money = [
    'dividend' in terms ? terms.dividend : 1n,
    'cash' in terms ? terms.cash : 1n,
    'subscriptionPrice' in terms ? terms.subscriptionPrice : 1n,
  ];
  if (money.some((each) => each <= 0n)) return 'amounts are above 0';
  if (terms.kind === 'DELETE' && (terms.finalPrice ?? 0n) < 0n) return 'a price is not below 0';
  const other = otherSymbol(terms);
  return other === terms.symbol ? `${other} cannot be the other name too` : undefined;
}

/** The child or the acquirer. */
export function otherSymbol(terms: AnnouncedTerms): string | undefined {
  if (terms.kind === 'SPIN_OFF') return terms.child.symbol;
  return terms.kind === 'MERGER_FOR_STOCK' ? terms.acquirer : undefined;
}

export function describeTerms(terms: AnnouncedTerms): string {
  const { symbol } = terms;
  switch (terms.kind) {
    case 'SPLIT':
      return `${symbol} splits ${terms.newShares}:${terms.oldShares}`;
    case 'SPECIAL_DIVIDEND':
      return `${symbol} pays a special dividend of ${formatDecimal(terms.dividend)}`;
    case 'RIGHTS': {
      const { newShares, perShares, subscriptionPrice } = terms;
      const at = formatDecimal(subscriptionPrice);
      return `${symbol} gives rights ${newShares} for ${perShares} at ${at}`;
    }
    case 'SPIN_OFF':
      return `${symbol} spins off ${terms.child.symbol}`;
    case 'DELETE':
      return `${symbol} is deleted`;
    case 'MERGER_FOR_CASH':
      return `${symbol} is bought for ${formatDecimal(terms.cash)}`;
    case 'MERGER_FOR_STOCK':
      return `${symbol} merges into ${terms.acquirer}`;
  }
}

/** How an index that worked an action in reads prices from before the ex-date. */
export interface PriceAdjustment {
  readonly symbol: string;
  /** Prices of events before this moment still have what the action gives. */
  readonly exFromMs: number;
  /** Undefined when the action leaves no price. */
  readonly exPrice: (withIt: Price) => Price | undefined;
}

export function adjustmentOf({ exDate, terms }: AnnouncedAction): PriceAdjustment | undefined {
  if (terms.kind !== 'SPLIT' && terms.kind !== 'SPECIAL_DIVIDEND' && terms.kind !== 'RIGHTS') {
    return undefined;
  }
  return {
    symbol: terms.symbol,
    exFromMs: startOfUtcDay(exDate),
    exPrice: (withIt) => exPrice(terms, withIt),
  };
}

/** What a price of that moment stands for after all actions; actions in order of ex-date. */
export function adjustedBy(
  adjustments: readonly PriceAdjustment[],
  raw: { readonly price: Price; readonly eventTimeMs: number },
): Price {
  return adjustments.reduce(
    (now, each) => (raw.eventTimeMs < each.exFromMs ? (each.exPrice(now) ?? now) : now),
    price(raw.price),
  );
}

/** The terms as an index works them in, with the rate of a child. */
export function actionOf(
  terms: AnnouncedTerms,
  childFx: SpinOff['child']['fx'] | undefined,
): CorporateAction | undefined {
  if (terms.kind !== 'SPIN_OFF') return terms;
  return childFx && { ...terms, child: { ...terms.child, fx: childFx } };
}
