/** Why the level of a basket moved between two moments. */

import { PlatformError } from '#platform/errors';
import { type LevelMove, moveAlong, type Valuation } from '../domain/contribution.ts';
import type { ValuationStore } from '../store/level-valuations.ts';

export interface ExplainMoveDeps {
  readonly valuations: Pick<ValuationStore, 'path'>;
  /** What the level of this moment is made of; undefined without a level. */
  readonly liveValuation: (basketId: string) => Valuation | undefined;
  readonly clock: { readonly nowMs: () => number };
}

/**
 * Between the newest stored valuation at or before each moment; `toMs` null for this moment, with
 * the prices of now. Null when nothing is stored.
 */
export async function explainLevelMove(
  { valuations, liveValuation, clock }: ExplainMoveDeps,
  basketId: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number | null },
): Promise<LevelMove | null> {
  const untilMs = toMs ?? clock.nowMs();
  if (fromMs > untilMs) {
    throw new PlatformError('BAD_USER_INPUT', 'from: expected a moment not after to');
  }
  const path = await valuations.path(basketId, { fromMs, toMs: untilMs });
  const live = toMs === null ? liveValuation(basketId) : undefined;
  return moveAlong(live ? [...path, live] : path) ?? null;
}
