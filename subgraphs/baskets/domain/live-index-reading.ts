/** What can be said of a live index at a moment: its level, how old it is, how far to trust it. */

import type { BusinessDate } from '#kernel/business-date';
import { type Decimal, decimal } from '#kernel/decimal';
import type { PriceQuality } from '#kernel/topics/accepted-ticks';
import type { Valuation } from './contribution.ts';
import { type Divisor, type Level, level, levelOf } from './index-level.ts';
import { baseNow, type LiveIndex } from './live-index.ts';
import { isLiquidPace, isStale } from './stale-policy.ts';
import { type BasketState, isPriced } from './transition-table.ts';

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

const INDICATIVE_ABOVE = decimal('0.1');
/** Above this weight of stale names a live basket is suspended. */
export const SUSPEND_ABOVE = decimal('0.25');
const SECOND_LOOK_ABOVE = decimal('0.1');
const ANY_LEVEL = level(decimal('1000'));

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
  const unpriced = holdings.filter(({ price }) => price === null).map(({ slot }) => slot.symbol);
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
  for (const { slot, session, weight } of index.holdings) {
    if (!slot.last) continue;
    const { eventTimeMs, quality } = slot.standIn ?? slot.last;
    asOfMs = Math.min(asOfMs, eventTimeMs);
    qualities.add(quality);
    // Made up stays made up, whatever stands in for it.
    if (slot.last.quality === 'SIMULATED') qualities.add('SIMULATED');
    if (isStale(slot.last, { session, isLiquid: isLiquidPace(slot.pace), nowMs })) stale += weight;
  }
  const staleWeight = stale as Decimal;
  return { asOfMs, staleWeight, quality: qualityOf(qualities, staleWeight) };
}

/** The worst thing to be said comes first: a made-up price, then many old ones, then some. */
function qualityOf(qualities: ReadonlySet<PriceQuality>, staleWeight: Decimal): LevelQuality {
  if (qualities.has('SIMULATED')) return 'SIMULATED';
  if (staleWeight > SUSPEND_ABOVE) return 'STALE';
  const isDerived = qualities.has('ESTIMATED') || qualities.has('INDICATIVE');
  return staleWeight > INDICATIVE_ABOVE || isDerived ? 'INDICATIVE' : 'GOOD';
}

/** True when the level moved by more than 10 %: then it waits one cycle before it is published. */
export function needsSecondLook(published: Level, next: Level): boolean {
  const move = next > published ? next - published : published - next;
  return move * 10n ** 8n > published * SECOND_LOOK_ABOVE;
}

/** What the level of this moment is made of; undefined without one. */
export function valuationOf(index: LiveIndex, atMs: number): Valuation | undefined {
  const { base, holdings, definition } = index;
  if (base === null || index.marketValue === null) return undefined;
  const names = holdings.flatMap(({ slot, currency, units, price, fx }) =>
    price === null || fx === null ? [] : [{ symbol: slot.symbol, currency, units, price, fx }],
  );
  return { atMs, versionNumber: definition.version.number, divisor: base.divisor, names };
}
