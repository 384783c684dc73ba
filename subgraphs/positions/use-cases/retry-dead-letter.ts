/** Sends the trade of a dead letter once more, as it is: its cause may be gone. */

import {
  attemptDeadLetter,
  type DeadLetterAnswer,
  type DeadLetterCommand,
  type DeadLetterDeps,
  letterOf,
  refusedCommand,
} from './attempt-dead-letter.ts';

export async function retryDeadLetter(
  deps: DeadLetterDeps,
  command: DeadLetterCommand,
): Promise<DeadLetterAnswer> {
  const found = await letterOf(deps, command);
  if (!found.ok) return found;
  const { letter } = found;
  if (letter.trade === null) {
    const message = 'expected a trade, was something that cannot be read as one: correct it';
    return refusedCommand(letter, 'NO_TRADE', message);
  }
  return attemptDeadLetter(deps, letter, {
    ...command,
    action: 'RETRY',
    trade: null,
    comment: null,
  });
}
