/** Withdraws a basket that never went live. */

import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export function cancelBasket(
  deps: SubmitDeps,
  request: CommandRequest,
  code: string,
): Promise<CommandOutcome> {
  return submitCommand(deps, {
    request,
    code: normalizedCode(code),
    event: 'CANCEL_BASKET',
    content: '',
    command: { type: 'CancelBasket' },
  });
}
