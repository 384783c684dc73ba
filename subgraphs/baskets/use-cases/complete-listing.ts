/** The end of a listing: live, or given up. */

import type { Level } from '../domain/index-level.ts';
import { platformAsks } from './ask-basket.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

/** Refused with QUORUM_NOT_REACHED or NO_VALUATION while it is too early: ask again then. */
export function completeListing(
  deps: SystemDeps,
  { code, level }: { readonly code: string; readonly level: Level | null },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'CompleteListing', level });
}

/** A mandatory vendor is lost for good. The two minutes are watched by a timer. */
export function exhaustListing(
  deps: SystemDeps,
  { code, reason }: { readonly code: string; readonly reason: string },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'ExhaustListing', reason }, reason);
}
