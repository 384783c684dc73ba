/** What a vendor is told of a basket now: its level while it is live, else how it stands. */

import type { Level } from '../domain/index-level.ts';
import type { VendorStanding } from '../domain/vendor-standing.ts';
import type { PriceUpdate } from '../domain/vendor.ts';

export interface LevelNow {
  readonly level: Level | null;
  readonly quality: string;
  readonly versionNumber: number;
}

/** Told in place of the quality of a level that is not computed. */
export const SUSPENDED_QUALITY = 'SUSPENDED';
const HELD_QUALITY = 'INDICATIVE';

/**
 * Null when there is nothing to tell: a live basket without a level has none, and an old one would
 * be a lie. A suspended basket is told with the level it was last published at, and so is one that
 * is being rebalanced, which has no level for that moment.
 */
export function priceToPublish(
  { code, state }: Pick<VendorStanding, 'code' | 'state'>,
  now: {
    readonly level: LevelNow | undefined;
    readonly lastPublished: Level | null;
    readonly nowMs: number;
  },
): PriceUpdate | null {
  const { lastPublished, nowMs } = now;
  const update = (level: Level, quality: string): PriceUpdate => ({
    code,
    level,
    bid: null,
    ask: null,
    quality,
    valuedAtMs: nowMs,
  });
  const standing = now.level?.level ?? null;
  if (state === 'SUSPENDED') {
    const frozen = lastPublished ?? standing;
    return frozen === null ? null : update(frozen, SUSPENDED_QUALITY);
  }
  if (standing !== null) return update(standing, now.level?.quality ?? HELD_QUALITY);
  const isHeld = state === 'REBALANCING' && lastPublished !== null;
  return isHeld ? update(lastPublished, HELD_QUALITY) : null;
}
