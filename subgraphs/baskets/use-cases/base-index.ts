/** Fixes where the index of a version starts; the first process to do so wins. */

import type { Clock } from '#platform/clock';
import { currentVersion, type IndexBase } from '../domain/basket.ts';
import { SYSTEM } from '../domain/basket-caller.ts';
import { decide } from '../domain/basket-decider.ts';
import type { BasketRepository } from '../store/baskets.ts';

export interface BaseIndexDeps {
  readonly baskets: Pick<BasketRepository, 'inTransaction'>;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** The base the version has now, ours or an earlier one; null when there is a newer version. */
export async function baseIndex(
  { baskets, clock, newId }: BaseIndexDeps,
  code: string,
  wanted: { readonly versionNumber: number; readonly base: IndexBase },
): Promise<IndexBase | null> {
  return baskets.inTransaction(async (tx) => {
    const turn = await tx.turn(code);
    const atMs = clock.nowMs();
    const asked = { by: SYSTEM, atMs, comment: null, seenVersion: null, seenRevision: null };
    const decision = decide(turn.basket, { type: 'BaseIndex', ...wanted }, asked);
    if (!decision.ok || turn.basket === null) return null;
    if (decision.events.length === 0) return currentVersion(turn.basket).base;
    const basket = await turn.append(decision.events, {
      actor: SYSTEM.actor,
      actorRoles: SYSTEM.roles,
      commandId: null,
      correlationId: newId(),
      atMs,
    });
    return currentVersion(basket).base;
  });
}
