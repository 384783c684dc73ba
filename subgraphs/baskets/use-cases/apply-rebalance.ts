/** The end of a rebalance: the new version is effective at the same level, or the old one stays. */

import type { IndexBase } from '../domain/basket.ts';
import type { Reweighed } from '../domain/basket-command.ts';
import type { Level } from '../domain/index-level.ts';
import { platformAsks } from './ask-basket.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

/** Refused with LEVEL_NOT_CONTINUOUS when the level moves by more than 1e-9 of itself. */
export function applyRebalance(
  deps: SystemDeps,
  {
    code,
    ...change
  }: {
    readonly code: string;
    readonly versionNumber: number;
    readonly base: IndexBase;
    /** Null when the weights stay those that were approved. */
    readonly reweighed: Reweighed | null;
    readonly levelBefore: Level;
    readonly levelAfter: Level;
  },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'ApplyRebalance', ...change });
}

export function failRebalance(
  deps: SystemDeps,
  {
    code,
    ...failure
  }: { readonly code: string; readonly versionNumber: number; readonly reason: string },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'FailRebalance', ...failure }, failure.reason);
}
