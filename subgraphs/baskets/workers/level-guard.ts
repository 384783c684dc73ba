/**
 * Halts a live basket whose level cannot be trusted: more than a quarter of its weight stale.
 *
 * Calm: below the limit, or the basket is not live. Watched: above it once; calm again when it is
 * below at the next look. Above it twice: the basket is suspended, whoever asks first. Right after
 * the start, and after the basket came to live, prices get a minute to arrive.
 */

import { formatDecimal } from '#kernel/decimal';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { LiveIndex } from '../domain/live-index.ts';
import { readIndex, SUSPEND_ABOVE } from '../domain/live-index-reading.ts';

export interface LevelGuardDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly autoSuspend: (wanted: {
    readonly code: string;
    readonly reason: string;
  }) => Promise<{ readonly ok: boolean }>;
}

const GRACE_MS = 60_000;
const MAX_SYMBOLS_SHOWN = 10;

export class LevelGuard {
  readonly #deps: LevelGuardDeps;
  readonly #liveSinceMs = new Map<string, number>();
  readonly #watched = new Set<string>();

  constructor(deps: LevelGuardDeps) {
    this.#deps = deps;
  }

  async look(indices: Iterable<LiveIndex>): Promise<void> {
    const { autoSuspend, clock, logger } = this.#deps;
    const nowMs = clock.nowMs();
    for (const index of indices) {
      const { basketId, code, state } = index.definition;
      if (state !== 'ACTIVE') {
        this.#liveSinceMs.delete(basketId);
        this.#watched.delete(basketId);
        continue;
      }
      const liveSinceMs = this.#liveSinceMs.get(basketId) ?? nowMs;
      this.#liveSinceMs.set(basketId, liveSinceMs);
      const reason = nowMs - liveSinceMs < GRACE_MS ? null : haltCause(index, nowMs);
      if (reason === null) {
        this.#watched.delete(basketId);
      } else if (!this.#watched.has(basketId)) {
        this.#watched.add(basketId);
      } else {
        logger.error({ code, reason }, 'ALARM: a live basket is suspended');
        await autoSuspend({ code, reason });
      }
    }
  }
}

/** Why a live basket may not go on being published; null when nothing speaks against it. */
export function haltCause(index: LiveIndex, nowMs: number): string | null {
  const { gap, missing, staleWeight } = readIndex(index, nowMs);
  if (gap !== null && gap !== 'NOT_PRICED_IN_STATE') {
    const shown = missing.slice(0, MAX_SYMBOLS_SHOWN).join(', ');
    return `there is no level: ${gap}${shown === '' ? '' : ` ${shown}`}`;
  }
  if (staleWeight <= SUSPEND_ABOVE) return null;
  const limit = formatDecimal(SUSPEND_ABOVE);
  return `at most ${limit} of the weight is stale, was ${formatDecimal(staleWeight)}`;
}
