/**
 * Watches that a live basket is valued within 5 s of the newest price it is made of.
 *
 * On time: nothing is told. Late: told once, when it becomes so; on time again ends it. What is
 * told waits here until it is stored, at most MAX_KEPT of them while the database is away.
 */

import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import type { Logger } from '#platform/logger';
import type { SlaBreachStore } from '../store/sla-breaches.ts';

export const VALUATION_LIMIT_MS = 5_000;
const MAX_KEPT = 10_000;

export interface Valued {
  readonly basketId: string;
  readonly code: string;
  /** When we received the newest price in it. */
  readonly inputAtMs: number;
  readonly valuedAtMs: number;
}

export interface ValuationSla {
  onValued(valued: Valued): void;
  /** Throws when that fails; nothing is lost then. */
  store(): Promise<void>;
}

export function createValuationSla({
  breaches,
  newId,
  logger,
}: {
  readonly breaches: Pick<SlaBreachStore, 'record'>;
  readonly newId: () => string;
  readonly logger: Logger;
}): ValuationSla {
  const late = new Set<string>();
  let kept: readonly BasketSlaBreached[] = [];
  return {
    onValued({ basketId, code, inputAtMs, valuedAtMs }) {
      const actualMs = Math.round(valuedAtMs - inputAtMs);
      if (actualMs <= VALUATION_LIMIT_MS) return void late.delete(basketId);
      if (late.has(basketId)) return;
      late.add(basketId);
      logger.warn({ code, actualMs }, 'a level came late');
      if (kept.length >= MAX_KEPT) return;
      const limitMs = VALUATION_LIMIT_MS;
      const breach = {
        breachId: newId(),
        kind: 'VALUATION',
        basketId,
        code,
        vendor: null,
      } as const;
      kept = [...kept, { ...breach, limitMs, actualMs, detail: null, occurredAtMs: valuedAtMs }];
    },

    async store() {
      const batch = kept;
      if (batch.length === 0) return;
      await breaches.record(batch);
      kept = kept.slice(batch.length);
    },
  };
}
