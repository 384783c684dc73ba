/**
 * Keeps what levels were made of: once a minute while they move, and at both ends of a composition.
 */

import type { Clock } from '#platform/clock';
import type { Valuation } from '../domain/contribution.ts';
import type { LiveIndex } from '../domain/live-index.ts';
import { valuationOf } from '../domain/live-index-reading.ts';
import type { NewValuation, ValuationStore } from '../store/level-valuations.ts';

export interface ValuationKeeperDeps {
  readonly valuations: Pick<ValuationStore, 'store' | 'dropBefore'>;
  readonly clock: Clock;
}

/** Those in between are of use while people ask what happened this week. */
const KEPT_MS = 7 * 86_400_000;
const VALUATIONS_PER_WRITE = 200;
/** While the database is away; the newest are dropped then, the next minute brings others. */
const MAX_WAITING = 5_000;

export class ValuationKeeper {
  readonly #deps: ValuationKeeperDeps;
  readonly #lastValues = new WeakMap<LiveIndex, bigint>();
  #waiting: NewValuation[] = [];

  constructor(deps: ValuationKeeperDeps) {
    this.#deps = deps;
  }

  /** Remembers those that moved since they were last kept. */
  keep(indices: Iterable<LiveIndex>): void {
    const atMs = this.#deps.clock.nowMs();
    for (const index of indices) {
      const value = index.marketValue;
      if (value === null || this.#lastValues.get(index) === value) continue;
      const valuation: Valuation | undefined = valuationOf(index, atMs);
      if (!valuation || this.#waiting.length >= MAX_WAITING) continue;
      this.#lastValues.set(index, value);
      this.#waiting.push({ basketId: index.definition.basketId, valuation, closeOf: null });
    }
  }

  async store(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, VALUATIONS_PER_WRITE);
      await this.#deps.valuations.store(batch);
      this.#waiting = this.#waiting.slice(batch.length);
    }
  }

  async dropOld(): Promise<void> {
    await this.#deps.valuations.dropBefore(this.#deps.clock.nowMs() - KEPT_MS);
  }
}
