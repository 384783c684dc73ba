/** Positions the writers of this process have written. Losing one costs a read, never truth. */

import { LRUCache } from 'lru-cache';
import type { StoredPosition } from './stored-position.ts';

/** Weight of all kept positions, where a position weighs one and each of its lots another one. */
const MAX_KEPT_WEIGHT = 500_000;

export type PositionCache = LRUCache<string, StoredPosition>;

export function createPositionCache(): PositionCache {
  return new LRUCache<string, StoredPosition>({
    maxSize: MAX_KEPT_WEIGHT,
    sizeCalculation: ({ position }) => 1 + position.lots.length,
  });
}
