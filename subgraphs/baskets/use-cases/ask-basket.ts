/** Commands that need nothing but the basket and who asks. */

import type { LifeCycleCommand } from '../domain/basket-command.ts';
import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
  type SystemDeps,
  systemRequest,
} from './submit-command.ts';

/** The same command again is the same by its name alone. */
export type PlainCommand = Extract<
  LifeCycleCommand,
  {
    type:
      | 'CancelBasket'
      | 'CancelBacktest'
      | 'WithdrawSubmission'
      | 'RequestChanges'
      | 'RejectBasket'
      | 'ReturnToDraft'
      | 'Suspend'
      | 'CancelDelisting'
      | 'CompleteDelisting';
  }
>;

export function askBasket(
  deps: SubmitDeps,
  request: CommandRequest,
  { code, command }: { readonly code: string; readonly command: PlainCommand },
): Promise<CommandOutcome> {
  return submitCommand(deps, { request, code: normalizedCode(code), content: '', command });
}

/** A command of the platform itself, with what is to stand in the audit trail. */
export function platformAsks(
  deps: SystemDeps,
  code: string,
  command: LifeCycleCommand,
  comment: string | null = null,
): Promise<CommandOutcome> {
  const request = systemRequest(deps.newId(), comment);
  return submitCommand(deps, { request, code: normalizedCode(code), content: '', command });
}
