/** Works a split, dividend or the like into a live basket; each action once. */

import type { IndexBase } from '../domain/basket.ts';
import type { AppliedAction } from '../domain/basket-fact.ts';
import type { Constituent } from '../domain/composition.ts';
import type { Level } from '../domain/index-level.ts';
import { platformAsks } from './ask-basket.ts';
import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  submitCommand,
  type SystemDeps,
  systemRequest,
} from './submit-command.ts';

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

/**
 * Leaves one row in the audit trail for each reason why the action cannot be worked in, however
 * often the platform tries.
 */
export function refuseCorporateAction(
  deps: SystemDeps,
  {
    code,
    actionId,
    description,
    why,
  }: {
    readonly code: string;
    readonly actionId: string;
    readonly description: string;
    readonly why: string;
  },
): Promise<CommandOutcome> {
  const asked = systemRequest(deps.newId(), `${description}: ${why}`);
  const commandId = `action ${deps.hash(JSON.stringify([code, actionId, why]))}`;
  return submitCommand(deps, {
    request: { ...asked, commandId },
    code: normalizedCode(code),
    content: why,
    command: { type: 'RefuseCorporateAction', why },
  });
}
