/** Where a basket stands with a vendor, as the worker of that vendor says. */

import type { VendorStatus } from '../domain/basket.ts';
import { SYSTEM } from '../domain/basket-caller.ts';
import { decide } from '../domain/basket-decider.ts';
import type { BasketTurn } from '../store/baskets.ts';
import { normalizedCode } from './load-reference.ts';
import { carryOut, type CommandOutcome, type SystemDeps, systemRequest } from './submit-command.ts';

export interface VendorReport {
  readonly code: string;
  readonly vendor: string;
  readonly status: VendorStatus;
  /** What the vendor calls it; left out when it does not say. */
  readonly vendorId?: string | null;
  /** Why it was rejected or failed. */
  readonly reason?: string | null;
}

/** Rows 18 and 19 during the listing; beside the life cycle otherwise, as for a removal. */
export async function reportVendorStatus(
  deps: SystemDeps,
  report: VendorReport,
): Promise<CommandOutcome> {
  const { vendor, status, vendorId = null, reason = null } = report;
  const said = { vendor, status, vendorId, reason };
  return deps.baskets.inTransaction(async (tx) => {
    const atMs = deps.clock.nowMs();
    const turn = await tx.turn(normalizedCode(report.code));
    const isAnswer = status === 'LISTED' || status === 'REJECTED' || status === 'FAILED';
    if (turn.basket?.state !== 'LISTING' || !isAnswer) {
      return note(deps, turn, said, atMs);
    }
    const request = systemRequest(deps.newId(), [vendor, status, reason ?? ''].join(' ').trim());
    const command = { type: 'ReportVendor' as const, ...said };
    const { outcome } = await carryOut(turn, { request, command }, atMs);
    return outcome;
  });
}

async function note(
  { newId }: SystemDeps,
  turn: BasketTurn,
  said: Required<Omit<VendorReport, 'code'>>,
  atMs: number,
): Promise<CommandOutcome> {
  const asked = { by: SYSTEM, atMs, comment: null, seenVersion: null, seenRevision: null };
  const decision = decide(turn.basket, { type: 'NoteVendor', ...said }, asked);
  const basketId = turn.basket?.id ?? null;
  if (!decision.ok || basketId === null) {
    if (decision.ok) throw new Error('a vendor reports about a basket');
    return { ok: false, basketId, reason: decision.reason, message: decision.message ?? '' };
  }
  if (decision.events.length > 0) {
    const { actor, roles: actorRoles } = SYSTEM;
    await turn.append(decision.events, {
      actor,
      actorRoles,
      commandId: null,
      correlationId: newId(),
      atMs,
    });
  }
  return { ok: true, basketId, transitionNumber: null };
}
