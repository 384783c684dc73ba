/**
 * Corporate actions worked into an index after the close: new units, the prices that go with them,
 * and the divisor that leaves the level where it was.
 *
 * The divisor always follows from the market values before and after at the same closing prices, so
 * that the level is continuous whatever was rounded: D = D MV after / MV before. Where section 2.2
 * says that the divisor stays, it stays but for the rounding of units to 1e-8.
 */

import { divideHalfEven, formatDecimal } from '#kernel/decimal';
import { MAX_SCALED, type Price, price, type Quantity, quantity } from '#kernel/money';
import {
  type Divisor,
  divisorAfterChange,
  type FxFactor,
  marketValue,
  valueOf,
} from './index-level.ts';

/**
 * CAPITALISATION: units are shares, which actions change. UNITS: equal and fixed weights, whose
 * weights an action shall not move. PRICE: one unit each, whatever happens.
 */
export type IndexMethod = 'CAPITALISATION' | 'UNITS' | 'PRICE';

export interface IndexPosition {
  readonly symbol: string;
  readonly units: Quantity;
  /** The close, in the currency of the name; zero for a child not yet traded. */
  readonly price: Price;
  readonly fx: FxFactor;
}

export interface IndexAtClose {
  readonly method: IndexMethod;
  readonly positions: readonly IndexPosition[];
  readonly divisor: Divisor;
}

type About<Kind extends string, Terms = unknown> = {
  readonly kind: Kind;
  readonly symbol: string;
} & Terms;

export type CorporateAction =
  /** Also a bonus issue (11 for 10) and a consolidation (1 for 10). */
  | About<'SPLIT', { readonly newShares: bigint; readonly oldShares: bigint }>
  | About<'SPECIAL_DIVIDEND', { readonly dividend: Price }>
  | About<
      'RIGHTS',
      {
        /** So many new shares for so many held, at this price each. */
        readonly newShares: bigint;
        readonly perShares: bigint;
        readonly subscriptionPrice: Price;
      }
    >
  /** Shares or free float at a review. */
  | About<'SHARE_CHANGE', { readonly units: Quantity }>
  /** The child begins at a price of zero: on the ex-date the parent falls by what it is worth. */
  | About<
      'SPIN_OFF',
      {
        readonly child: { readonly symbol: string; readonly fx: FxFactor };
        readonly childShares: bigint;
        readonly parentShares: bigint;
      }
    >
  | About<'ADD', { readonly units: Quantity; readonly price: Price; readonly fx: FxFactor }>
  /** At the last traded price, or at what is paid for it; zero in a bankruptcy. */
  | About<'DELETE', { readonly finalPrice: Price | null }>
  | About<'MERGER_FOR_CASH', { readonly cash: Price }>
  | About<
      'MERGER_FOR_STOCK',
      {
        readonly acquirer: string;
        /** So many of the acquirer for so many held. */
        readonly newShares: bigint;
        readonly oldShares: bigint;
      }
    >;

export type CorporateActionKind = CorporateAction['kind'];
export type CorporateActionOf<Kind extends CorporateActionKind> = Extract<
  CorporateAction,
  { kind: Kind }
>;

export type ActionRefusal =
  | 'NOT_A_CONSTITUENT'
  | 'ALREADY_A_CONSTITUENT'
  | 'LAST_CONSTITUENT'
  | 'TERMS_INVALID'
  | 'UNITS_OUT_OF_RANGE';

export type WorkedIn =
  | { readonly ok: true; readonly index: IndexAtClose }
  | { readonly ok: false; readonly reason: ActionRefusal; readonly message: string };

type Refused = Extract<WorkedIn, { ok: false }>;
type Changed = readonly IndexPosition[] | Refused;

/**
 * The index after the action, at the same closing prices adjusted for it. The level before is the
 * level after to far below 1e-9. Refuses what concerns no name of the index, and terms that make no
 * sense; rights out of the money change nothing.
 */
export function workIn(index: IndexAtClose, action: CorporateAction): WorkedIn {
  const held = index.positions.find(({ symbol }) => symbol === action.symbol);
  if (action.kind !== 'ADD' && held === undefined) {
    return refuse('NOT_A_CONSTITUENT', `${action.symbol} is not in the index`);
  }
  const before = atFinalPrice(index.positions, action);
  const after = positionsAfter(index, before, action);
  if ('ok' in after) return after;
  const unheld = after.find(({ units }) => units <= 0n || units > MAX_SCALED);
  if (unheld) {
    const shown = formatDecimal(unheld.units);
    return refuse('UNITS_OUT_OF_RANGE', `units of ${unheld.symbol} would be ${shown}`);
  }
  const values = { before: marketValue(before), after: marketValue(after) };
  if (values.before <= 0n || values.after <= 0n) {
    return refuse('TERMS_INVALID', 'nothing of the index would have a value');
  }
  const divisor = divisorAfterChange(index.divisor, values);
  return { ok: true, index: { ...index, positions: after, divisor } };
}

/**
 * The price without what the action gives, from the price with it: what a price of before the
 * ex-date stands for after it. Undefined when the action leaves no price.
 */
export function exPrice(action: CorporateAction, withIt: Price): Price | undefined {
  switch (action.kind) {
    case 'SPLIT':
      return positive(divideHalfEven(withIt * action.oldShares, action.newShares));
    case 'SPECIAL_DIVIDEND':
      return positive(withIt - action.dividend);
    case 'RIGHTS':
      return isInTheMoney(action, withIt) ? positive(theoreticalPrice(action, withIt)) : withIt;
    case 'SHARE_CHANGE':
    case 'SPIN_OFF':
    case 'ADD':
    case 'DELETE':
    case 'MERGER_FOR_CASH':
    case 'MERGER_FOR_STOCK':
      return withIt;
  }
}

const positive = (value: bigint) => (value > 0n ? price(value) : undefined);

const isInTheMoney = (action: CorporateActionOf<'RIGHTS'>, withIt: Price) =>
  action.subscriptionPrice < withIt;

/** TERP: (old shares x price + new shares x subscription price) / all shares, half-even to 1e-8. */
function theoreticalPrice(action: CorporateActionOf<'RIGHTS'>, withIt: Price): bigint {
  const { newShares, perShares, subscriptionPrice } = action;
  const value = perShares * withIt + newShares * subscriptionPrice;
  return divideHalfEven(value, perShares + newShares);
}

/** A name that goes is valued at what is paid for it, on both sides of the change. */
export function atFinalPrice(
  positions: readonly IndexPosition[],
  action: CorporateAction,
): readonly IndexPosition[] {
  const finalPrice = finalPriceOf(action);
  if (finalPrice === null) return positions;
  return changed(positions, action.symbol, (each) => ({ ...each, price: finalPrice }));
}

function finalPriceOf(action: CorporateAction): Price | null {
  if (action.kind === 'DELETE') return action.finalPrice;
  return action.kind === 'MERGER_FOR_CASH' ? action.cash : null;
}

function positionsAfter(
  { method }: IndexAtClose,
  positions: readonly IndexPosition[],
  action: CorporateAction,
): Changed {
  switch (action.kind) {
    case 'SPLIT':
    case 'SPECIAL_DIVIDEND':
    case 'RIGHTS':
      return repriced(positions, { method, action });
    case 'SHARE_CHANGE':
      if (method !== 'CAPITALISATION') return positions;
      return changed(positions, action.symbol, (each) => ({ ...each, units: action.units }));
    case 'SPIN_OFF':
      return withChild(positions, { method, action });
    case 'ADD':
      return added(positions, { method, action });
    case 'DELETE':
    case 'MERGER_FOR_CASH':
      return without(positions, { method, symbol: action.symbol });
    case 'MERGER_FOR_STOCK':
      return merged(positions, { method, action });
  }
}

function repriced(
  positions: readonly IndexPosition[],
  {
    method,
    action,
  }: {
    readonly method: IndexMethod;
    readonly action: CorporateActionOf<'SPLIT' | 'SPECIAL_DIVIDEND' | 'RIGHTS'>;
  },
): Changed {
  const terms = 'newShares' in action ? action : undefined;
  const per = action.kind === 'RIGHTS' ? action.perShares : 1n;
  const old = action.kind === 'SPLIT' ? action.oldShares : per;
  if ((terms && terms.newShares <= 0n) || old <= 0n) {
    return refuse('TERMS_INVALID', 'numbers of shares are above 0');
  }
  const held = positions.find(({ symbol }) => symbol === action.symbol);
  const after = held && exPrice(action, held.price);
  if (held === undefined || after === undefined) {
    const shown = formatDecimal(held?.price ?? 0n);
    return refuse('TERMS_INVALID', `${action.symbol} at ${shown} would be worth nothing`);
  }
  if (after === held.price && action.kind === 'RIGHTS') return positions;
  const units = unitsAfter(held, { after, method, action });
  return changed(positions, action.symbol, (each) => ({ ...each, units, price: after }));
}

function unitsAfter(
  { units, price: before }: IndexPosition,
  {
    after,
    method,
    action,
  }: {
    readonly after: Price;
    readonly method: IndexMethod;
    readonly action: CorporateActionOf<'SPLIT' | 'SPECIAL_DIVIDEND' | 'RIGHTS'>;
  },
): Quantity {
  if (method === 'PRICE') return units;
  if (action.kind === 'SPLIT') {
    return quantity(divideHalfEven(units * action.newShares, action.oldShares));
  }
  // The weight is kept: more units at the lower price.
  if (method === 'UNITS') return quantity(divideHalfEven(units * before, after));
  if (action.kind === 'SPECIAL_DIVIDEND') return units;
  const { newShares, perShares } = action;
  return quantity(divideHalfEven(units * (perShares + newShares), perShares));
}

function withChild(
  positions: readonly IndexPosition[],
  {
    method,
    action,
  }: { readonly method: IndexMethod; readonly action: CorporateActionOf<'SPIN_OFF'> },
): Changed {
  const { child, childShares, parentShares } = action;
  if (positions.some(({ symbol }) => symbol === child.symbol)) {
    return refuse('ALREADY_A_CONSTITUENT', `${child.symbol} is in the index already`);
  }
  if (childShares <= 0n || parentShares <= 0n) {
    return refuse('TERMS_INVALID', 'numbers of shares are above 0');
  }
  const parent = positions.find(({ symbol }) => symbol === action.symbol);
  const held = parent?.units ?? 0n;
  const units = method === 'PRICE' ? held : divideHalfEven(held * childShares, parentShares);
  return [...positions, { ...child, units: quantity(units), price: price(0n) }];
}

function added(
  positions: readonly IndexPosition[],
  { method, action }: { readonly method: IndexMethod; readonly action: CorporateActionOf<'ADD'> },
): Changed {
  const { symbol, units, price: each, fx } = action;
  if (positions.some((position) => position.symbol === symbol)) {
    return refuse('ALREADY_A_CONSTITUENT', `${symbol} is in the index already`);
  }
  if (each <= 0n) return refuse('TERMS_INVALID', `${symbol} has no price`);
  const unit = positions[0]?.units ?? units;
  return [...positions, { symbol, units: method === 'PRICE' ? unit : units, price: each, fx }];
}

/** In an index of fixed weights the others take the weight over pro rata, until the review. */
function without(
  positions: readonly IndexPosition[],
  { method, symbol }: { readonly method: IndexMethod; readonly symbol: string },
): Changed {
  const rest = positions.filter((each) => each.symbol !== symbol);
  if (rest.length === 0) return refuse('LAST_CONSTITUENT', `${symbol} is all there is`);
  if (method !== 'UNITS') return rest;
  const total = marketValue(positions);
  const kept = marketValue(rest);
  if (kept <= 0n) return refuse('TERMS_INVALID', 'nothing of the index would have a value');
  return rest.map((each) => ({
    ...each,
    units: quantity(divideHalfEven(each.units * total, kept)),
  }));
}

/** The acquirer takes the place; one that is not in the index is a deletion and an addition. */
function merged(
  positions: readonly IndexPosition[],
  {
    method,
    action,
  }: { readonly method: IndexMethod; readonly action: CorporateActionOf<'MERGER_FOR_STOCK'> },
): Changed {
  const { symbol, acquirer, newShares, oldShares } = action;
  const target = positions.find((each) => each.symbol === symbol);
  if (target === undefined || !positions.some((each) => each.symbol === acquirer)) {
    return refuse('NOT_A_CONSTITUENT', `${acquirer} is not in the index`);
  }
  if (newShares <= 0n || oldShares <= 0n || acquirer === symbol) {
    return refuse('TERMS_INVALID', 'numbers of shares are above 0, and the acquirer is another');
  }
  const rest = positions.filter((each) => each !== target);
  if (method === 'PRICE') return rest;
  const more = divideHalfEven(target.units * newShares, oldShares);
  return changed(rest, acquirer, (each) => ({ ...each, units: quantity(each.units + more) }));
}

function changed(
  positions: readonly IndexPosition[],
  symbol: string,
  change: (position: IndexPosition) => IndexPosition,
): readonly IndexPosition[] {
  return positions.map((each) => (each.symbol === symbol ? change(each) : each));
}

/** Fraction of the whole that a position is, at 1e-8 cut; for drifted weights after an action. */
export function sizesOf({ positions }: IndexAtClose): { id: string; size: bigint }[] {
  return positions.map((each) => ({ id: each.symbol, size: valueOf(each) }));
}

function refuse(reason: ActionRefusal, message: string): Refused {
  return { ok: false, reason, message };
}
