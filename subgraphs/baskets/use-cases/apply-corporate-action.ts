/** Works a split, dividend or the like into a live basket; each action once. */

import type { IndexBase } from '../domain/basket.ts';
import type { AppliedAction } from '../domain/basket-fact.ts';
import type { Constituent } from '../domain/composition.ts';
import type { Level } from '../domain/index-level.ts';
import { platformAsks } from './ask-basket.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

/** Refused with LEVEL_NOT_CONTINUOUS when the level moves by more than 1e-9 of itself. */
export function applyCorporateAction(
  deps: SystemDeps,
  {
    code,
    ...change
  }: {
    readonly code: string;
    readonly action: AppliedAction;
    /** Units and divisor after it. */
    readonly base: IndexBase;
    /** Names and weights after it; null when they stay. */
    readonly constituents: readonly Constituent[] | null;
    readonly levelBefore: Level;
    readonly levelAfter: Level;
  },
): Promise<CommandOutcome> {
  const command = { type: 'ApplyCorporateAction' as const, ...change, hash: deps.hash };
  return platformAsks(deps, code, command, change.action.description);
}
