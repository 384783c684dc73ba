/** Closes a dead letter without counting any trade. */

import {
  attemptDeadLetter,
  type DeadLetterAnswer,
  type DeadLetterCommand,
  type DeadLetterDeps,
  letterOf,
  reasonGiven,
} from './attempt-dead-letter.ts';

export interface DiscardCommand extends DeadLetterCommand {
  readonly reason: string;
}

export async function discardDeadLetter(
  deps: DeadLetterDeps,
  { reason, ...command }: DiscardCommand,
): Promise<DeadLetterAnswer> {
  const comment = reasonGiven(reason);
  const found = await letterOf(deps, command);
  if (!found.ok) return found;
  const { letter } = found;
  return attemptDeadLetter(deps, letter, {
    ...command,
    action: 'DISCARD',
    trade: null,
    comment,
  });
}
