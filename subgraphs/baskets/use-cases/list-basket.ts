/** How a listing at the vendors goes on, step by step; each may come again after a crash. */

import { hasQuorum, type VendorStatus } from '../domain/basket.ts';
import { SYSTEM } from '../domain/basket-caller.ts';
import type { BasketFact } from '../domain/basket-fact.ts';
import type { Level } from '../domain/index-level.ts';
import { lostVendor, type VendorStanding } from '../domain/vendor-standing.ts';
import { completeDelisting } from './complete-delisting.ts';
import { completeListing, exhaustListing } from './complete-listing.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

/**
 * On record before anything is sent: who goes back to draft then knows whom to tell. All vendors in
 * one commit, for this is between the approval and the market.
 */
export async function startListing(
  { baskets, clock, newId }: SystemDeps,
  { code }: Pick<VendorStanding, 'code'>,
): Promise<void> {
  await baskets.inTransaction(async (tx) => {
    const atMs = clock.nowMs();
    const turn = await tx.turn(code);
    const unsent = turn.basket?.listing?.vendors.filter(({ status }) => status === 'NOT_SENT');
    if (!unsent || unsent.length === 0) return;
    const facts = unsent.map(({ vendor }): BasketFact => {
      return { type: 'VendorReported', vendor, status: 'SENT', vendorId: null, reason: null };
    });
    const { actor, roles: actorRoles } = SYSTEM;
    await turn.append(facts, { actor, actorRoles, commandId: null, correlationId: newId(), atMs });
  });
}

export type NextStep = 'COMPLETE' | 'GIVE_UP' | 'WAIT';

export function nextStepOf(standing: VendorStanding): NextStep {
  if (standing.state !== 'LISTING') return 'WAIT';
  if (lostVendor(standing)) return 'GIVE_UP';
  return hasQuorum({ ...standing, startedAtMs: 0, deadlineMs: 0 }) ? 'COMPLETE' : 'WAIT';
}

/** Rows 20 and 21; undefined while there is nothing to do, or no level yet. */
export async function finishListing(
  deps: SystemDeps,
  standing: VendorStanding,
  level: Level | null,
): Promise<CommandOutcome | undefined> {
  const { code } = standing;
  switch (nextStepOf(standing)) {
    case 'WAIT':
      return undefined;
    case 'GIVE_UP': {
      const lost = lostVendor(standing);
      const reason = `${lost?.vendor ?? 'a vendor'} rejected it: ${lost?.reason ?? 'no reason'}`;
      return exhaustListing(deps, { code, reason });
    }
    case 'COMPLETE':
      return level === null ? undefined : completeListing(deps, { code, level });
  }
}

/** Row 34, once the last day is over and no vendor has it. */
export async function finishDelisting(
  deps: SystemDeps,
  { code }: VendorStanding,
): Promise<CommandOutcome> {
  return completeDelisting(deps, { code });
}

/** A vendor takes it off after its last day only; without any vendor, the timer ends it. */
export function isTakenOff({ state, vendors }: VendorStanding): boolean {
  const hasLeft = vendors.some(({ status }) => status === 'DELISTED');
  const isOff = vendors.every(({ status }) => !MAY_HAVE_IT.has(status));
  return state === 'DELISTING' && hasLeft && isOff;
}

const MAY_HAVE_IT: ReadonlySet<VendorStatus> = new Set<VendorStatus>(['SENT', 'ACKED', 'LISTED']);
