/**
 * The live value of an index, kept up to date price by price.
 *
 * The market value is an exact integer: a changed price adds units x change x fx to it, and a full
 * rebuild must find the same number. An index is in one of two modes: without a market value, while
 * a price, a rate or the base is missing; with one, from the moment everything is there.
 */

import type { BusinessDate } from '#kernel/business-date';
import { type Decimal, decimal } from '#kernel/decimal';
import { type CurrencyCode, type Quantity, quantity, type Weight } from '#kernel/money';
import type { PriceQuality } from '#kernel/topics/accepted-ticks';
import type { BasketVersion, IndexBase } from './basket.ts';
import { type FxSnapshot, fxFactor, oldestFixing } from './fx-snapshot.ts';
import { type IndexUnits, indexUnits } from './index-base.ts';
import {
  type Divisor,
  type FxFactor,
  type Level,
  level,
  levelOf,
  type MarketValue,
  valueOf,
} from './index-level.ts';
import type { LivePrice } from './live-price.ts';
import { type BasketState, isPriced } from './transition-table.ts';

/** The last price of a symbol and the indices that hold it. */
export interface PriceSlot {
  readonly symbol: string;
  last: LivePrice | null;
  readonly holders: Map<LiveIndex, number>;
}

export interface IndexDefinition {
  readonly basketId: string;
  readonly code: string;
  readonly currency: CurrencyCode;
  readonly state: BasketState;
  readonly baseLevel: Decimal;
  readonly version: BasketVersion;
}

interface Holding {
  readonly slot: PriceSlot;
  readonly currency: string;
  readonly weight: Weight;
  units: Quantity;
  /** Null while a rate is missing. */
  fx: FxFactor | null;
}

export interface LiveIndex {
  readonly definition: IndexDefinition;
  readonly holdings: readonly Holding[];
  base: IndexBase | null;
  marketValue: MarketValue | null;
  fxFixedOn: BusinessDate | null;
}

export const LEVEL_GAPS = [
  'NOT_PRICED_IN_STATE',
  'PRICE_MISSING',
  'FX_MISSING',
  'UNITS_OUT_OF_RANGE',
  'BASE_PENDING',
  'LEVEL_NOT_POSITIVE',
] as const;
/** Why there is no level. */
export type LevelGap = (typeof LEVEL_GAPS)[number];

export const LEVEL_QUALITIES = ['GOOD', 'STALE', 'INDICATIVE', 'SIMULATED'] as const;
export type LevelQuality = (typeof LEVEL_QUALITIES)[number];

export interface LevelReading {
  readonly basketId: string;
  readonly code: string;
  readonly versionNumber: number;
  /** Null with a gap. */
  readonly level: Level | null;
  readonly gap: LevelGap | null;
  /** Symbols without a price, or currencies without a rate. */
  readonly missing: readonly string[];
  /** Event time of the oldest price; null without a level. */
  readonly asOfMs: number | null;
  /** Date of the oldest exchange rate used; null when none was. */
  readonly fxFixedOn: BusinessDate | null;
  /** Sum of the target weights of the names whose price is stale. */
  readonly staleWeight: Decimal;
  readonly quality: LevelQuality;
  readonly divisor: Divisor | null;
}

/**
 * Age of a price, since we received it, beyond which it is stale. The limit for illiquid names: the
 * narrower one for liquid names, and closes that do not age while the market is closed, need the
 * trading calendars.
 */
export const PRICE_STALE_AFTER_MS = 15 * 60_000;
const INDICATIVE_ABOVE = decimal('0.1');
const STALE_ABOVE = decimal('0.25');
const SECOND_LOOK_ABOVE = decimal('0.1');
const ANY_LEVEL = level(decimal('1000'));

export const emptySlot = (symbol: string): PriceSlot => ({
  symbol,
  last: null,
  holders: new Map(),
});

/** Starts to follow the prices of a version; ends with `closeIndex`. */
export function openIndex(
  definition: IndexDefinition,
  slotOf: (symbol: string) => PriceSlot,
  fx: FxSnapshot,
): LiveIndex {
  const { constituents, base } = definition.version;
  const index: LiveIndex = {
    definition,
    holdings: constituents.map(({ symbol, currency, weight }) => ({
      slot: slotOf(symbol),
      currency,
      weight,
      units: quantity(0n),
      fx: null,
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

/** Takes the price into every index that holds the symbol; true when it was news. */
export function acceptPrice(slot: PriceSlot, next: LivePrice): boolean {
  const { last } = slot;
  if (next.price <= 0n || (last && next.sequence <= last.sequence)) return false;
  slot.last = next;
  for (const [index, at] of slot.holders) {
    const holding = index.holdings[at];
    if (!last || index.marketValue === null || !holding || holding.fx === null) {
      rebuild(index);
    } else {
      const change = holding.units * (next.price - last.price) * holding.fx;
      index.marketValue = (index.marketValue + change) as MarketValue;
    }
  }
  return true;
}

/** Values the index from nothing; the market value it had before, to compare. */
export function rebuild(index: LiveIndex): { readonly before: MarketValue | null } {
  const before = index.marketValue;
  let sum: bigint | null = index.base === null ? null : 0n;
  for (const { slot, units, fx } of index.holdings) {
    if (sum === null) break;
    sum = slot.last && fx !== null ? sum + valueOf({ units, price: slot.last.price, fx }) : null;
  }
  index.marketValue = sum as MarketValue | null;
  return { before };
}

/** Units and divisor that put the index at `target` now; undefined while something is missing. */
export function baseNow(index: LiveIndex, target: Level): IndexUnits | undefined {
  const names = index.holdings.flatMap(({ slot, weight, fx }) =>
    slot.last && fx !== null ? [{ weight, price: slot.last.price, fx }] : [],
  );
  return names.length < index.holdings.length ? undefined : indexUnits(names, target);
}

export function isReadyForBase(index: LiveIndex): boolean {
  return (
    index.base === null &&
    isPriced(index.definition.state) &&
    index.holdings.every(({ slot, fx }) => slot.last !== null && fx !== null)
  );
}

/** What can be said about the index at this moment. Never a level that is not above zero. */
export function readIndex(index: LiveIndex, nowMs: number): LevelReading {
  const { basketId, code, state, version } = index.definition;
  const shared = { basketId, code, versionNumber: version.number, fxFixedOn: index.fxFixedOn };
  const gap = gapOf(index, state);
  if (gap || index.base === null || index.marketValue === null) {
    return {
      ...shared,
      level: null,
      ...(gap ?? { gap: withoutBase(index), missing: [] }),
      asOfMs: null,
      staleWeight: decimal('0'),
      quality: 'INDICATIVE',
      divisor: index.base?.divisor ?? null,
    };
  }
  return {
    ...shared,
    level: levelOf(index.marketValue, index.base.divisor),
    gap: null,
    missing: [],
    ...ageOf(index, nowMs),
    divisor: index.base.divisor,
  };
}

function gapOf(
  index: LiveIndex,
  state: BasketState,
): { readonly gap: LevelGap; readonly missing: readonly string[] } | undefined {
  if (!isPriced(state)) return { gap: 'NOT_PRICED_IN_STATE', missing: [] };
  const { holdings, base, marketValue } = index;
  if (base !== null && marketValue !== null) {
    const isPositive = levelOf(marketValue, base.divisor) > 0n;
    return isPositive ? undefined : { gap: 'LEVEL_NOT_POSITIVE', missing: [] };
  }
  const unpriced = holdings.filter(({ slot }) => slot.last === null).map(({ slot }) => slot.symbol);
  if (unpriced.length > 0) return { gap: 'PRICE_MISSING', missing: unpriced };
  const unconverted = holdings.filter(({ fx }) => fx === null).map(({ currency }) => currency);
  if (unconverted.length > 0) return { gap: 'FX_MISSING', missing: [...new Set(unconverted)] };
  return undefined;
}

/** Everything is there but the base: either it comes any moment, or it cannot be made. */
function withoutBase(index: LiveIndex): LevelGap {
  return baseNow(index, ANY_LEVEL) === undefined ? 'UNITS_OUT_OF_RANGE' : 'BASE_PENDING';
}

function ageOf(index: LiveIndex, nowMs: number) {
  let asOfMs = Number.POSITIVE_INFINITY;
  let stale = 0n;
  const qualities = new Set<PriceQuality>();
  for (const { slot, weight } of index.holdings) {
    if (!slot.last) continue;
    const { eventTimeMs, receivedAtMs, quality } = slot.last;
    asOfMs = Math.min(asOfMs, eventTimeMs);
    qualities.add(quality);
    if (quality === 'STALE' || nowMs - receivedAtMs > PRICE_STALE_AFTER_MS) stale += weight;
  }
  const staleWeight = stale as Decimal;
  return { asOfMs, staleWeight, quality: qualityOf(qualities, staleWeight) };
}

/** The worst thing to be said comes first: a made-up price, then many old ones, then some. */
function qualityOf(qualities: ReadonlySet<PriceQuality>, staleWeight: Decimal): LevelQuality {
  if (qualities.has('SIMULATED')) return 'SIMULATED';
  if (staleWeight > STALE_ABOVE) return 'STALE';
  const isDerived = qualities.has('ESTIMATED') || qualities.has('INDICATIVE');
  return staleWeight > INDICATIVE_ABOVE || isDerived ? 'INDICATIVE' : 'GOOD';
}

/** True when the level moved by more than 10 %: then it waits one cycle before it is published. */
export function needsSecondLook(published: Level, next: Level): boolean {
  const move = next > published ? next - published : published - next;
  return move * 10n ** 8n > published * SECOND_LOOK_ABOVE;
}
