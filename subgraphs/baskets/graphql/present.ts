/** Turns what the domain knows into what the schema shows. */

import type { BusinessDate } from '#kernel/business-date';
import { DECIMAL_PLACES, DECIMAL_UNIT, divideHalfEven, ZERO } from '#kernel/decimal';
import { type Divisor, DIVISOR_PLACES, FX_UNIT, type FxFactor } from '../domain/index-level.ts';
import type { LevelGap, LevelQuality } from '../domain/live-index-reading.ts';
import { isPriced } from '../domain/transition-table.ts';
import type { BasketRow } from '../store/basket-rows.ts';
import type { StoredLevel } from '../store/levels.ts';
import type { PublishedLevel } from '../workers/level-hub.ts';

/** A level as the schema shows it, but for its basket. */
export interface LevelView {
  readonly basketId: string;
  readonly code: string;
  readonly level: bigint | null;
  readonly reason: LevelGap | null;
  readonly missing: readonly string[];
  readonly asOf: number | null;
  readonly fxAsOf: BusinessDate | null;
  readonly staleWeight: bigint;
  readonly quality: LevelQuality;
  readonly divisor: bigint | null;
  readonly versionNumber: number;
  readonly sequence: string;
  readonly publishedAt: number;
}

export function presentPublished(published: PublishedLevel): LevelView {
  return {
    basketId: published.basketId,
    code: published.code,
    level: published.level,
    reason: published.gap,
    missing: published.missing,
    asOf: published.asOfMs,
    fxAsOf: published.fxFixedOn,
    staleWeight: published.staleWeight,
    quality: published.quality,
    divisor: published.divisor && shownDivisor(published.divisor),
    versionNumber: published.versionNumber,
    sequence: String(published.sequence),
    publishedAt: published.publishedAtMs,
  };
}

export function presentStored({ code }: Pick<BasketRow, 'code'>, stored: StoredLevel): LevelView {
  return {
    basketId: stored.basketId,
    code,
    level: stored.level,
    reason: null,
    missing: [],
    asOf: stored.asOfMs,
    fxAsOf: stored.fxFixedOn,
    staleWeight: stored.staleWeight,
    quality: stored.quality,
    divisor: shownDivisor(stored.divisor),
    versionNumber: stored.versionNumber,
    sequence: String(stored.sequence),
    publishedAt: stored.slotAtMs,
  };
}

/** For a basket in a state that has no level; undefined in the others. */
export function presentUnpriced(basket: BasketRow, nowMs: number): LevelView | undefined {
  if (isPriced(basket.state)) return undefined;
  return {
    basketId: basket.id,
    code: basket.code,
    level: null,
    reason: 'NOT_PRICED_IN_STATE',
    missing: [],
    asOf: null,
    fxAsOf: null,
    staleWeight: ZERO,
    quality: 'INDICATIVE',
    divisor: null,
    versionNumber: basket.currentVersion,
    sequence: String(nowMs),
    publishedAt: nowMs,
  };
}

/** The one place where a factor is rounded: half-even to the 8 places of a Decimal. */
export function shownFactor(factor: FxFactor): bigint {
  return divideHalfEven(factor * DECIMAL_UNIT, FX_UNIT);
}

const HIDDEN_DIVISOR_UNIT = 10n ** BigInt(DIVISOR_PLACES - DECIMAL_PLACES);

/** The one place where a divisor is rounded: half-even to the 8 places of a Decimal. */
function shownDivisor(divisor: Divisor): bigint {
  return divideHalfEven(divisor, HIDDEN_DIVISOR_UNIT);
}
