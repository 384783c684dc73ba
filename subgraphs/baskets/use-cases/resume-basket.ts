/** Lets a suspended basket go on, when nothing speaks against it any longer. */

import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface ResumeBasketDeps extends SubmitDeps {
  /** Why the platform would suspend it again at once; null for nothing. */
  readonly standingCause: (code: string) => Promise<string | null>;
}

export async function resumeBasket(
  deps: ResumeBasketDeps,
  request: CommandRequest,
  text: string,
): Promise<CommandOutcome> {
  const code = normalizedCode(text);
  const standingCause = await deps.standingCause(code);
  const command = { type: 'Resume' as const, standingCause };
  return submitCommand(deps, { request, code, content: '', command });
}
