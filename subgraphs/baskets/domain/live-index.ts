/**
 * The live value of an index, kept up to date price by price.
 *
 * The market value is an exact integer: a changed price adds units x change x fx to it, and a full
 * rebuild must find the same number. An index is in one of two modes: without a market value, while
 * a price, a rate or the base is missing; with one, from the moment everything is there.
 */

import type { BusinessDate } from '#kernel/business-date';
import type { Decimal } from '#kernel/decimal';
import {
  type CurrencyCode,
  type Price,
  price,
  type Quantity,
  quantity,
  type Weight,
} from '#kernel/money';
import type { BasketVersion, IndexBase } from './basket.ts';
import {
  adjustedBy,
  adjustmentOf,
  type AnnouncedAction,
  type PriceAdjustment,
} from './corporate-action-announced.ts';
import { type FxSnapshot, fxFactor, oldestFixing } from './fx-snapshot.ts';
import { type IndexUnits, indexUnits } from './index-base.ts';
import type { FxFactor, Level, MarketValue } from './index-level.ts';
import { isClose, type LivePrice } from './live-price.ts';
import {
  NEVER_CLOSED,
  NO_PACE,
  paceAfter,
  type TickPace,
  type TradingSession,
} from './stale-policy.ts';
import { type BasketState, isPriced } from './transition-table.ts';

/** Valued with while the last price is too old. */
export interface StandIn {
  readonly price: Price;
  /** ESTIMATED: the previous close moved with its sector; STALE: that close itself. */
  readonly quality: 'ESTIMATED' | 'STALE';
  /** Of the close. */
  readonly eventTimeMs: number;
}

/** The last price of a symbol and the indices that hold it. */
export interface PriceSlot {
  readonly symbol: string;
  last: LivePrice | null;
  /** Null while the last price is good enough, or nothing can stand in for it. */
  standIn: StandIn | null;
  pace: TickPace;
  readonly holders: Map<LiveIndex, number>;
}

export interface IndexDefinition {
  readonly basketId: string;
  readonly code: string;
  readonly currency: CurrencyCode;
  readonly state: BasketState;
  readonly baseLevel: Decimal;
  readonly version: BasketVersion;
  /** Corporate actions the index has worked in, in order of ex-date. */
  readonly actions: readonly AnnouncedAction[];
  /** By symbol; a market that is not named never closes. */
  readonly sessions: ReadonlyMap<string, TradingSession>;
}

export interface Holding {
  readonly slot: PriceSlot;
  readonly currency: CurrencyCode;
  readonly weight: Weight;
  /** Corporate actions worked in that prices from before them do not know of. */
  readonly adjustments: readonly PriceAdjustment[];
  /** Worth nothing until it has a price: a child whose value is still in its parent. */
  readonly startsAtZero: boolean;
  readonly session: TradingSession;
  units: Quantity;
  /** Null while a rate is missing. */
  fx: FxFactor | null;
  /** The last price as this index sees it; null while there is none. */
  price: Price | null;
}

export interface LiveIndex {
  readonly definition: IndexDefinition;
  readonly holdings: readonly Holding[];
  base: IndexBase | null;
  marketValue: MarketValue | null;
  fxFixedOn: BusinessDate | null;
}

export const emptySlot = (symbol: string): PriceSlot => ({
  symbol,
  last: null,
  standIn: null,
  pace: NO_PACE,
  holders: new Map(),
});

/** Starts to follow the prices of a version; ends with `closeIndex`. */
export function openIndex(
  definition: IndexDefinition,
  slotOf: (symbol: string) => PriceSlot,
  fx: FxSnapshot,
): LiveIndex {
  const { constituents, base } = definition.version;
  const adjustments = definition.actions.flatMap((action) => adjustmentOf(action) ?? []);
  const children = new Set(
    definition.actions.flatMap(({ terms }) =>
      terms.kind === 'SPIN_OFF' ? [terms.child.symbol] : [],
    ),
  );
  const index: LiveIndex = {
    definition,
    holdings: constituents.map(({ symbol, currency, weight }) => ({
      slot: slotOf(symbol),
      currency,
      weight,
      adjustments: adjustments.filter((each) => each.symbol === symbol),
      startsAtZero: children.has(symbol),
      session: definition.sessions.get(symbol) ?? NEVER_CLOSED,
      units: quantity(0n),
      fx: null,
      price: null,
    })),
    base: null,
    marketValue: null,
    fxFixedOn: null,
  };
  index.holdings.forEach(({ slot }, at) => slot.holders.set(index, at));
  convertAt(index, fx);
  if (base) startAt(index, base);
  return index;
}

export function closeIndex(index: LiveIndex): void {
  for (const { slot } of index.holdings) slot.holders.delete(index);
}

/** Gives the index its units; from now on it has a level whenever it has all prices. */
export function startAt(index: LiveIndex, base: IndexBase): void {
  index.base = base;
  index.holdings.forEach((holding, at) => {
    holding.units = base.units[at] ?? quantity(0n);
  });
  rebuild(index);
}

/** Takes a new snapshot of rates and rebuilds. */
export function convertAt(index: LiveIndex, fx: FxSnapshot): void {
  const { currency } = index.definition;
  for (const holding of index.holdings) {
    holding.fx = fxFactor(fx, holding.currency, currency) ?? null;
  }
  const currencies = index.holdings.map((holding) => holding.currency);
  index.fxFixedOn = oldestFixing(fx, currencies, currency);
  rebuild(index);
}

/** Takes the price alone; true when it was news. Whoever holds the symbol must be rebuilt then. */
export function replacePrice(slot: PriceSlot, next: LivePrice): boolean {
  const { last } = slot;
  if (next.price <= 0n || (last && next.sequence <= last.sequence)) return false;
  slot.last = next;
  slot.standIn = null;
  if (last && !isClose(last)) {
    slot.pace = paceAfter(slot.pace, next.receivedAtMs - last.receivedAtMs);
  }
  return true;
}

/** Takes the price into every index that holds the symbol; true when it was news. */
export function acceptPrice(slot: PriceSlot, next: LivePrice): boolean {
  if (!replacePrice(slot, next)) return false;
  for (const [index, at] of slot.holders) {
    const holding = index.holdings[at];
    if (index.marketValue === null || !holding || holding.price === null || holding.fx === null) {
      rebuild(index);
    } else {
      const seen = priceSeen(holding);
      const change = holding.units * ((seen ?? 0n) - holding.price) * holding.fx;
      holding.price = seen;
      index.marketValue = (index.marketValue + change) as MarketValue;
    }
  }
  return true;
}

/** Values the index from nothing; the market value it had before, to compare. */
export function rebuild(index: LiveIndex): { readonly before: MarketValue | null } {
  const before = index.marketValue;
  let sum: bigint | null = index.base === null ? null : 0n;
  for (const holding of index.holdings) {
    holding.price = priceSeen(holding);
    const { units, price, fx } = holding;
    if (sum !== null) sum = price !== null && fx !== null ? sum + units * price * fx : null;
  }
  index.marketValue = sum as MarketValue | null;
  return { before };
}

function priceSeen({ slot, adjustments, startsAtZero }: Holding): Price | null {
  const used = slot.standIn ?? slot.last;
  if (used === null) return startsAtZero ? price(0n) : null;
  return adjustments.length === 0 ? used.price : adjustedBy(adjustments, used);
}

/** Units and divisor that put the index at `target` now; undefined while something is missing. */
export function baseNow(index: LiveIndex, target: Level): IndexUnits | undefined {
  const names = index.holdings.flatMap(({ price: seen, weight, fx }) =>
    seen !== null && seen > 0n && fx !== null ? [{ weight, price: seen, fx }] : [],
  );
  return names.length < index.holdings.length ? undefined : indexUnits(names, target);
}

export function isReadyForBase(index: LiveIndex): boolean {
  return (
    index.base === null &&
    isPriced(index.definition.state) &&
    index.holdings.every(({ price: seen, fx }) => seen !== null && fx !== null)
  );
}
